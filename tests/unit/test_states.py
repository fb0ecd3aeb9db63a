"""The tables: whole, without dead ends, and the page drawn from them is current."""

from __future__ import annotations

from pathlib import Path

from telephony.core import agent, call, channels
from telephony.core.diagram import page
from telephony.core.views import AgentState, CallState

DOCS = Path(__file__).parents[2] / "docs"


def test_every_call_state_can_end_and_has_an_outcome() -> None:
    assert set(call.TRANSITIONS) == set(CallState)
    assert set(call.OUTCOMES) == set(CallState) - {CallState.ENDED}
    for state in call.OUTCOMES:
        assert call.step(state, call.CallInput.HANG_UP) is CallState.ENDED
    assert call.TRANSITIONS[CallState.ENDED] == {}


def test_every_agent_state_is_reached_and_left() -> None:
    lived = set(AgentState) - {AgentState.BUSY, AgentState.UNREACHABLE}  # shown, not lived: they follow from the phone
    assert set(agent.TRANSITIONS) == lived
    assert {after for row in agent.TRANSITIONS.values() for after in row.values()} == lived


def test_every_channel_state_is_reached_and_can_hang_up() -> None:
    gone = channels.ChannelState.GONE
    assert set(channels.TRANSITIONS) == set(channels.ChannelState)
    assert channels.TRANSITIONS[gone] == {}
    reached = {after for row in channels.TRANSITIONS.values() for after in row.values()}
    assert reached | {channels.ChannelState.DOWN} == set(channels.ChannelState)
    for state in set(channels.ChannelState) - {gone}:
        assert channels.TRANSITIONS[state][channels.ChannelInput.HANG_UP] is gone


def test_the_page_of_states_is_current() -> None:
    assert (DOCS / "states.md").read_text() == page(), "run: python -m telephony.core.diagram > docs/states.md"
