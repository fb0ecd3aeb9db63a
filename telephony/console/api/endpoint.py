"""One endpoint: where it is, who may ask, what goes in and comes out, as pydantic models [OpenAPI 3.1]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from telephony.console.api.media import Download, Media
from telephony.console.sessions import Session
from telephony.core.account import Account, Role

M = TypeVar("M", bound=BaseModel)

Method = Literal["GET", "POST", "PUT", "DELETE"]
EVERYBODY = frozenset(Role)
STAFF = EVERYBODY - {Role.DPO}  # who works with customers
ENGINEERS = frozenset({Role.ENGINEER, Role.ADMIN})


class Wire(BaseModel):
    """A body or a query: nothing unknown in it, nothing changed afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has passed all guards: `path` the parts named in the endpoint's path, the others as its models.

    `by`: the login, or the name of a program, which has no `signed_in`.
    """

    by: str
    path: Mapping[str, str]
    body: BaseModel | None = None
    query: BaseModel | None = None
    signed_in: Session | None = None

    @property
    def session(self) -> Session:
        assert self.signed_in is not None, "the endpoint is for people"
        return self.signed_in

    @property
    def account(self) -> Account:
        return self.session.account

    def body_as(self, model: type[M]) -> M:
        assert isinstance(self.body, model), "the endpoint takes another body"
        return self.body

    def query_as(self, model: type[M]) -> M:
        assert isinstance(self.query, model), "the endpoint takes another query"
        return self.query


Handle = Callable[[Asked], Awaitable[BaseModel | Media | Download | None]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is below the table's base and may name parts (`/calls/{interaction}`); `handle` raises ProblemError.

    `step_up`: people must have proven to be there a moment ago. `refuses`: statuses beyond those that any may have.
    """

    method: Method
    path: str
    does: str  # in a few English words, for the API's readers
    roles: frozenset[Role]
    handle: Handle
    takes: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None  # None: 204, unless it `streams` or `saves`
    streams: str = ""  # the media type of sound that is given instead
    saves: str = ""  # that of a file
    step_up: bool = False
    refuses: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The operation's id."""
        words = self.path.replace("{", "").replace("}", "").replace("-", "_").strip("/").split("/")
        return "_".join((self.method.lower(), *words))
