"""The flow engine: `start` and `resume` turn what the caller did into what is said and awaited next.

Pure: it knows no socket, no clock and no sound file. Accessible by construction: `0` reaches a person and `*` repeats
wherever keys are awaited, silence and mistakes lead to a person, and the slow profile doubles every time-out
[WCAG 2.2 §2.2.1].
"""

from __future__ import annotations

from ivr_flows import answers, entering
from ivr_flows.calendar import Calendar
from ivr_flows.errors import FlowError, SessionError
from ivr_flows.model import Flow
from ivr_flows.nodes import LineNode
from ivr_flows.session import Facts, Given, HungUp, Session, Step
from ivr_flows.walk import Walk

MAX_STEPS = 1000  # nodes between two waits: more than any flow needs, so that only a loop meets it
MAX_WAITS = 300  # in one call; then a person asks what is the matter
NO_CALENDAR = Calendar({})


def start(flow: Flow, facts: Facts, now: float, calendar: Calendar = NO_CALENDAR) -> Step:
    """The first step of a call; `now` in seconds since the epoch.

    Raises FlowError for a loop without a wait, and for a department that the calendar has not.
    """
    slow = facts.accessibility or flow.accessibility
    session = Session(
        flow.id, flow.revision, flow.start, facts, slow, started_at=now, within=flow.id, language=facts.language
    )
    return _run(Walk(flow, session, now, calendar))


def resume(flow: Flow, session: Session, given: Given, now: float, calendar: Calendar = NO_CALENDAR) -> Step:
    """The next step; raises SessionError where the session does not wait for what is given, FlowError like `start`."""
    walk = Walk(flow, session, now, calendar)
    if isinstance(given, HungUp):
        walk.end()
        return walk.step()
    if session.ended:
        raise SessionError("the session has ended")
    if (session.flow, session.revision) != (flow.id, flow.revision):
        raise SessionError(f"the session belongs to {session.flow}@{session.revision}, not {flow.id}@{flow.revision}")
    node = walk.flow.nodes[session.node]
    walk.change(waits=session.waits + 1)
    if session.waits >= MAX_WAITS and not isinstance(node, LineNode):
        walk.person()
    else:
        answers.answer(walk, node, given)
    return _run(walk)


def _run(walk: Walk) -> Step:
    """Walk from the session's node to the next wait, gathering what is said on the way into one `Say`."""
    for _ in range(MAX_STEPS):
        if walk.stopped:
            return walk.step()
        entering.enter(walk, walk.flow.nodes[walk.session.node])
    if walk.stopped:
        return walk.step()
    raise FlowError(f"more than {MAX_STEPS} nodes without a wait", walk.flow.places[walk.session.node])
