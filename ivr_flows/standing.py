"""Where callers stand in flows, for whoever watches the house: counted, nobody can be told from it."""

from __future__ import annotations

from dataclasses import dataclass

from ivr_flows.model import Flow
from ivr_flows.session import Session


@dataclass(frozen=True, slots=True)
class Standing:
    """One node of one text of a flow."""

    flow: str
    revision: str
    node: str


def standings(flow: Flow, session: Session) -> tuple[Standing, ...]:
    """The node a caller is at, last; before it, from the outside in, the nodes whose sub-flows lead there."""
    outer = [(frame.flow, frame.by) for frame in session.stack]
    places = [*outer, (session.within, session.node)]
    return tuple(Standing(name, flow.within(name).revision, node) for name, node in places if node)
