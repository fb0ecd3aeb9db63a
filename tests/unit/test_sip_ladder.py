"""SIP messages kept for ladders: in order, once each, and never too many."""

from __future__ import annotations

from quality.sip_ladder import MOST_OCTETS, SipLadders

HERE, THERE = ("192.0.2.1", 5060), ("198.51.100.2", 5060)


def message(start: str, call_id: str = "a@b", more: str = "") -> bytes:
    return f"{start}\r\nVia: SIP/2.0/UDP x\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\n{more}\r\n".encode()


def test_a_call_is_told_in_the_order_of_its_messages() -> None:
    ladders = SipLadders()
    assert ladders.take(1.2, THERE, HERE, message("SIP/2.0 180 Ringing")) == "a@b"
    ladders.take(1.0, HERE, THERE, message("INVITE sip:+48500000001@example SIP/2.0"))
    told = ladders.of("a@b")
    assert [(each.start, each.src, each.dst) for each in told] == [
        ("INVITE", HERE[0], THERE[0]), ("180 Ringing", THERE[0], HERE[0]),
    ]  # fmt: skip
    assert b"+48500000001" in told[0].message
    assert "48500000001" not in repr(told), "a number is in the message alone"
    assert ladders.of("other") == ()


def test_what_two_agents_tell_counts_once_and_a_repetition_twice() -> None:
    ladders = SipLadders()
    for at in (1.0, 1.01, 1.5):
        ladders.take(at, HERE, THERE, message("INVITE sip:x SIP/2.0"))
    assert [each.time for each in ladders.of("a@b")] == [1.0, 1.5]


def test_neither_calls_nor_messages_nor_octets_grow_without_end() -> None:
    ladders = SipLadders(most_calls=3, most_messages=4)
    for number in range(5):
        ladders.take(float(number), HERE, THERE, message("BYE sip:x SIP/2.0", f"call-{number}"))
    assert len(ladders) == 3
    assert ladders.of("call-1") == ()
    for number in range(10):
        ladders.take(10.0 + number, HERE, THERE, message(f"SIP/2.0 18{number} Progress", more=f"X: {'y' * 9000}\r\n"))
    told = ladders.of("a@b")
    assert [each.start for each in told] == ["180 Progress", "181 Progress", "188 Progress", "189 Progress"]
    assert ladders.left_out("a@b") == 6
    assert max(len(each.message) for each in told) == MOST_OCTETS


def test_calls_long_over_are_forgotten() -> None:
    ladders = SipLadders(kept_s=60.0)
    ladders.take(0.0, HERE, THERE, message("BYE sip:x SIP/2.0", "old"))
    ladders.take(61.0, HERE, THERE, message("BYE sip:x SIP/2.0", "new"))
    assert (ladders.of("old"), len(ladders)) == ((), 1)
    assert ladders.left_out("old") == 0


def test_what_has_no_call_id_is_not_kept() -> None:
    ladders = SipLadders()
    for strange in (b"", b"\0\xff", b"INVITE sip:x SIP/2.0\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        assert ladders.take(1.0, HERE, THERE, strange) is None
    assert len(ladders) == 0


def test_a_call_is_found_by_the_name_that_an_agent_gives_it() -> None:
    """Asterisk names its channel once it has one: the INVITE came before."""
    ladders = SipLadders(most_calls=2)
    ladders.take(1.0, THERE, HERE, message("INVITE sip:x SIP/2.0"), "a@b")
    ladders.take(1.1, HERE, THERE, message("SIP/2.0 200 OK"), "PJSIP/north-1")
    assert [each.start for each in ladders.of_name("PJSIP/north-1")] == ["INVITE", "200 OK"]
    for number in range(2):
        ladders.take(2.0, HERE, THERE, message("BYE sip:x SIP/2.0", f"call-{number}"), f"PJSIP/north-{number + 2}")
    assert ladders.of_name("PJSIP/north-1") == ladders.of_name("") == ()
