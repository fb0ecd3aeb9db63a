"""The picture of channels and the talks read from it: what the recordings do not show, fact by fact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telephony.core import channels as ch
from telephony.core.channels import Channels, ChannelState, Fact
from telephony.core.events import AgentLeft, CallLeftHouse
from telephony.core.ids import InteractionId, Uniqueid
from telephony.core.talks import Talks

CALL = InteractionId("i1")
CALLER, ANNA, PIOTR, CARRIER = (Uniqueid(f"n1-100.{n}") for n in range(4))


def picture(*facts: Fact) -> Channels:
    channels = Channels()
    for fact in facts:
        channels.hear(fact)
    return channels


def seen(uniqueid: Uniqueid, given: ch.ChannelInput | None = None, linkedid: str = "n1-100.0") -> ch.Seen:
    return ch.Seen(uniqueid, linkedid, f"PJSIP/{uniqueid}", given)


def enters(uniqueid: Uniqueid, bridge: str = "b1", linkedid: str = "n1-100.0") -> ch.Entered:
    return ch.Entered(uniqueid, linkedid, f"PJSIP/{uniqueid}", bridge)


def leaves(uniqueid: Uniqueid, bridge: str = "b1") -> ch.LeftBridge:
    return ch.LeftBridge(uniqueid, "n1-100.0", f"PJSIP/{uniqueid}", bridge)


def state(channels: Channels, uniqueid: Uniqueid) -> ChannelState | None:
    channel = channels.get(uniqueid)
    return channel.state if channel else None


def test_a_channel_rings_answers_talks_and_goes() -> None:
    channels = picture(seen(ANNA))
    for fact, expected in (
        (seen(ANNA, ch.ChannelInput.RING), ChannelState.RINGING),
        (seen(ANNA, ch.ChannelInput.ANSWER), ChannelState.UP),
        (enters(ANNA), ChannelState.BRIDGED),
        (seen(ANNA, ch.ChannelInput.RING), ChannelState.BRIDGED),  # late
        (seen(ANNA, ch.ChannelInput.HOLD), ChannelState.HOLDING),
        (leaves(ANNA), ChannelState.UP),
        (ch.Gone(ANNA, 16), None),
        (enters(ANNA), None),  # late
    ):
        channels.hear(fact)
        assert state(channels, ANNA) is expected
    assert channels.cause(ANNA) == 16


def test_leaving_the_bridge_before_last_means_nothing() -> None:
    channels = picture(enters(ANNA, "b1"), enters(ANNA, "b2"), leaves(ANNA, "b1"))
    assert state(channels, ANNA) is ChannelState.BRIDGED


def test_one_who_holds_keeps_the_others_on_hold_and_is_not_held() -> None:
    channels = picture(enters(CALLER), enters(ANNA), seen(ANNA, ch.ChannelInput.HOLD))
    assert channels.held(CALLER)
    assert not channels.held(ANNA)
    channels.hear(seen(ANNA, ch.ChannelInput.UNHOLD))
    assert not channels.held(CALLER)


def test_two_talk_through_the_halves_of_a_local_channel() -> None:
    one, two = Uniqueid("n1-100.8"), Uniqueid("n1-100.9")
    bridges = (enters(CALLER, "b1"), enters(one, "b1"), enters(two, "b2"), enters(ANNA, "b2"))
    assert picture(ch.Paired(one, two), *bridges).partners(CALLER) == {ANNA}  # the halves' bridges were not known yet
    channels = picture(*bridges, ch.Paired(one, two))
    assert channels.partners(CALLER) == {ANNA}
    channels.hear(ch.Gone(two, 16))
    assert channels.partners(CALLER) == frozenset()


def test_a_masquerade_changes_the_name_and_nothing_else() -> None:
    channels = picture(enters(CALLER), enters(ANNA), ch.Renamed(ANNA, "PJSIP/ewa-00000002"))
    anna = channels.get(ANNA)
    assert anna
    assert anna.name == "PJSIP/ewa-00000002"
    assert channels.partners(CALLER) == {ANNA}


def test_linkedids_of_a_transfer_become_one_call_under_the_oldest() -> None:
    channels = picture(seen(CALLER), seen(PIOTR, linkedid="n1-100.2"))
    first, second = channels.call_of(CALLER), channels.call_of(PIOTR)
    assert first != second
    channels.hear(ch.Merged(("n1-100.2", "n1-100.0")))
    assert channels.call_of(PIOTR) == channels.call_of(CALLER) == ch.Call("n1-100.0", frozenset({CALLER, PIOTR}))


def test_linkedids_are_compared_as_numbers_not_as_text() -> None:
    assert min("n1-100.10", "n1-100.9", "n1-99.11", key=ch.age) == "n1-99.11"
    assert min("n1-100.10", "n1-100.9", key=ch.age) == "n1-100.9"
    assert min("nonsense", "n1-100.9", key=ch.age) == "n1-100.9"


def test_what_has_gone_is_remembered_within_bounds() -> None:
    channels = Channels()
    for number in range(ch.GONE_KEPT + 5):
        channels.hear(ch.Gone(Uniqueid(f"n1-1.{number}"), 16))
    assert channels.cause(Uniqueid("n1-1.0")) is None
    assert channels.cause(Uniqueid("n1-1.5")) == 16


# -- talks -------------------------------------------------------------------------------------------------------


def talking() -> Talks:
    talks = Talks()
    talks.answered(CALL, 2, CALLER, ANNA)
    for fact in (enters(CALLER), enters(ANNA)):
        assert talks.hear(fact) == []
    return talks


def test_the_agent_has_left_once_the_phone_has_hung_up() -> None:
    talks = talking()
    assert talks.hear(leaves(ANNA)) == []
    assert talks.hear(ch.Gone(ANNA, 16)) == [AgentLeft(CALL, 2)]
    assert talks.hear(ch.Gone(ANNA, 16)) == []
    assert len(talks) == 1  # the caller may go on outside
    assert talks.hear(ch.Gone(CALLER, 16)) == []
    assert len(talks) == 0


def test_a_caller_who_hangs_up_has_not_been_left() -> None:
    talks = talking()
    assert talks.hear(ch.Gone(CALLER, 16)) == []
    assert talks.hear(ch.Gone(ANNA, 16)) == []


def test_a_caller_who_begins_anew_has_been_left_whichever_is_heard_first() -> None:
    talks = talking()
    assert talks.begin_anew(CALLER) == [AgentLeft(CALL, 2)]
    assert talks.hear(ch.Gone(ANNA, 16)) == []
    talks = talking()
    assert talks.hear(ch.Gone(ANNA, 16)) == [AgentLeft(CALL, 2)]
    assert talks.begin_anew(CALLER) == []
    assert Talks().begin_anew(CALLER) == []


def test_the_house_is_left_when_only_a_trunk_is_in_the_talk() -> None:
    talks = talking()
    assert talks.hear(ch.Dialled(CARRIER, "n1-100.0", "PJSIP/carrier-1", outside=True)) == []
    assert talks.hear(enters(CARRIER)) == []  # three talk: the agent is still there
    assert talks.hear(ch.Gone(ANNA, 16)) == [AgentLeft(CALL, 2), CallLeftHouse(CALL, 2)]
    assert len(talks) == 0


def test_another_phone_of_ours_is_not_outside() -> None:
    talks = talking()
    talks.hear(ch.Dialled(PIOTR, "n1-100.0", "PJSIP/piotr-1", outside=False))
    assert talks.hear(ch.Gone(ANNA, 16)) == [AgentLeft(CALL, 2)]
    assert talks.hear(enters(PIOTR)) == []


def test_a_snapshot_tells_what_was_not_heard() -> None:
    talks = talking()
    assert talks.keep_only(frozenset({CALLER})) == [AgentLeft(CALL, 2)]
    talks = talking()
    assert talks.keep_only(frozenset()) == []
    assert len(talks) == len(talks.channels) == 0


def test_an_answer_nobody_told_of_is_seen_in_the_bridge() -> None:
    talks = Talks()
    for fact, met in ((enters(ANNA), None), (enters(CALLER), (CALLER, ANNA))):
        talks.hear(fact)
        assert talks.met(fact, lambda uniqueid: uniqueid == CALLER) == met
    talks.answered(CALL, 1, CALLER, ANNA)
    assert talks.met(enters(CALLER), lambda uniqueid: uniqueid == CALLER) is None


ids = st.sampled_from([CALLER, ANNA, PIOTR, CARRIER])
bridges = st.sampled_from(["b1", "b2"])
linkedids = st.sampled_from(["n1-100.0", "n1-100.2", "n1-99.9", "?"])
facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(ch.Seen, ids, linkedids, st.just("x"), st.sampled_from([None, *ch.ChannelInput])),
    st.builds(ch.Dialled, ids, linkedids, st.just("x"), st.booleans()),
    st.builds(ch.Entered, ids, linkedids, st.just("x"), bridges),
    st.builds(ch.LeftBridge, ids, linkedids, st.just("x"), bridges),
    st.sampled_from([ch.Paired(CALLER, PIOTR), ch.Paired(ANNA, CARRIER)]),  # Asterisk pairs a channel once
    st.builds(ch.Merged, st.lists(linkedids, max_size=4).map(tuple)),
    st.builds(ch.Gone, ids, st.integers(0, 127)),
)


@given(st.lists(st.tuples(facts, st.booleans()), max_size=40))
def test_any_history_keeps_the_picture_whole(history: list[tuple[Fact, bool]]) -> None:
    """Nobody talks with the gone or alone with itself, talking is mutual, and an agent leaves a talk once."""
    talks, told = Talks(), []
    talks.answered(CALL, 1, CALLER, ANNA)
    for fact, again in history:
        if again:
            talks.answered(CALL, 1, CALLER, ANNA)
        told += talks.hear(fact)
        for channel in talks.channels.living():
            for partner in talks.channels.partners(channel.uniqueid):
                assert channel.uniqueid != partner
                assert talks.channels.get(partner)
                local = talks.channels.is_local(channel.uniqueid)
                assert local or channel.uniqueid in talks.channels.partners(partner)
            call = talks.channels.call_of(channel.uniqueid)
            assert call
            assert channel.uniqueid in call.channels
    assert told.count(AgentLeft(CALL, 1)) <= 1
    assert told.count(CallLeftHouse(CALL, 1)) <= 1
