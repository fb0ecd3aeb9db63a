"""The proof that whoever is logged in is still there, before something dangerous: for five minutes, in this session."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, SecretStr

from telephony.console.api.endpoint import EVERYBODY, Asked, Endpoint, Wire
from telephony.console.passwords import PASSWORD_CHARACTERS
from telephony.console.proving import Proving
from telephony.console.second_factor import SecondFactor

CODE_CHARACTERS = 40  # blanks and dashes included


class Proof(Wire):
    password: SecretStr = Field(max_length=PASSWORD_CHARACTERS)
    code: SecretStr = Field(default=SecretStr(""), max_length=CODE_CHARACTERS)  # of whoever has a second factor


class OwnFactor(Wire):
    """How one proves to be there."""

    enrolled: bool
    required: bool  # by the role
    recovery_codes: int  # that are still good


class ProofApi:
    def __init__(self, proving: Proving, factor: SecondFactor) -> None:
        self._proving = proving
        self._factor = factor

    def endpoints(self) -> Iterator[Endpoint]:
        yield Endpoint(
            "POST", "/step-up", "prove to be there, for five minutes", EVERYBODY, self._prove, takes=Proof,
            refuses=(429,),
        )  # fmt: skip
        yield Endpoint(
            "GET", "/second-factor", "whether a code belongs to the proof", EVERYBODY, self._own, gives=OwnFactor
        )

    async def _prove(self, asked: Asked) -> None:
        given = asked.body_as(Proof)
        await self._proving.prove(asked.session, given.password.get_secret_value(), given.code.get_secret_value())

    async def _own(self, asked: Asked) -> OwnFactor:
        login = asked.account.login
        return OwnFactor(
            enrolled=await self._factor.has(login),
            required=self._factor.required(asked.account),
            recovery_codes=await self._factor.codes_left(login),
        )
