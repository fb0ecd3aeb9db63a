"""SIP messages from datagrams and from pieces of TCP connections, friendly and hostile."""

import random

import pytest

from quality.sip import SipConnection, SipMessage, looks_like_sip, parse_sip, serialise_sip

INVITE = (
    b"INVITE sip:echo@10.0.0.2 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"
    b'From: "A;tag=x" <sip:anna@10.0.0.1>;tag=abc\r\n'
    b"To: sip:echo@10.0.0.2;x=y\r\n"
    b"i: 1@10.0.0.1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"c: application/sdp\r\n"
    b"l: 5\r\n"
    b"\r\n"
    b"v=0\r\n"
)
RINGING = b"SIP/2.0 180 Ringing\r\nCall-ID: 1\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n"


def test_a_request() -> None:
    message = parse_sip(INVITE)
    assert (message.method, message.status, message.cseq) == ("INVITE", None, (7, "INVITE"))
    assert (message.call_id, message.tag("to")) == ("1@10.0.0.1", "")
    assert (message.uri("from"), message.uri("to")) == ("sip:anna@10.0.0.1", "sip:echo@10.0.0.2")
    assert message.sdp == b"v=0\r\n"
    assert serialise_sip(message) == INVITE


def test_a_response_has_the_method_that_it_answers() -> None:
    message = parse_sip(RINGING)
    assert (message.status, message.method, message.sdp) == (180, "INVITE", None)
    assert message.header("subject") == ""
    assert serialise_sip(message) == RINGING


def test_a_description_among_other_parts() -> None:
    body = (
        b"--xx\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        b"--xx\r\nContent-Type: application/sdp\r\nContent-Disposition: session\r\n\r\nv=0\r\ns=-\r\n--xx--\r\n"
    )
    headers = (("Content-Type", " multipart/mixed; boundary=xx"),)
    assert SipMessage("INVITE sip:a SIP/2.0", headers, body).sdp == b"v=0\r\ns=-\r\n"
    assert SipMessage("INVITE sip:a SIP/2.0", headers, b"--xx\r\nContent-Type: a/b\r\n\r\n--xx--").sdp is None
    assert SipMessage("INVITE sip:a SIP/2.0", headers, b"no boundary").sdp is None


def test_folded_headers_and_bare_line_feeds() -> None:
    message = parse_sip(b"OPTIONS sip:a SIP/2.0\nSubject: one\n two\nCSeq: x OPTIONS\n\n")
    assert message.header("subject") == "one two"
    assert message.cseq == (0, "OPTIONS")


def test_octets_after_the_body_are_not_of_the_message() -> None:
    assert parse_sip(INVITE + b"more").body == b"v=0\r\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "no start line of SIP/2.0"),
        (b"SIP/2.0 200 OK\r\nA: b", "SIP headers do not end within 65536 octets"),
        (b"SIP/2.0 200 OK\r\n" + b"A: b\r\n" * 513 + b"\r\n", "SIP message has more than 512 headers"),
        (b"SIP/2.0 200 OK\r\nnothing\r\n\r\n", "SIP header without a colon"),
        (b"SIP/2.0 200 OK\r\nl: -1\r\n\r\n", "SIP Content-Length is no number"),
        (b"SIP/2.0 200 OK\r\nl: 9999999999\r\n\r\n", "SIP Content-Length is no number"),
        (b"SIP/2.0 200 OK\r\nl: 9\r\n\r\nabc", "SIP body has 3 octets of 9"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        parse_sip(data)


def test_what_looks_like_sip() -> None:
    assert looks_like_sip(INVITE)
    assert not looks_like_sip(b"GET / HTTP/1.1\r\n")
    assert not looks_like_sip(b"\x80\x08" + bytes(170))


@pytest.mark.parametrize("first", [0, 1, 2**32 - 40])
def test_a_connection_in_any_pieces_and_order(first: int) -> None:
    """Pieces repeat, overlap and overtake; sequence numbers wrap."""
    stream = (INVITE + RINGING) * 3
    chance = random.Random(first)
    for _ in range(50):
        cuts = sorted(chance.sample(range(1, len(stream)), 12))
        pieces = [(begin, stream[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        pieces += [(begin, stream[begin : begin + 100]) for begin in chance.sample(cuts, 3)]
        rest = pieces[1:]
        chance.shuffle(rest)
        connection = SipConnection()
        found = [
            message
            for begin, piece in (pieces[0], *rest)
            for message in connection.take((first + begin) % 2**32, piece)
        ]
        assert found == [INVITE, RINGING] * 3


def test_a_lost_segment_costs_what_was_in_it_and_no_more() -> None:
    connection = SipConnection()
    assert list(connection.take(0, b"")) == []
    assert list(connection.take(0, INVITE[:50])) == []
    found: list[bytes] = []
    at = 1000  # 50 to 1000 never come
    for _ in range(70):
        found += connection.take(at, RINGING)
        at += len(RINGING)
    assert found == [RINGING] * 70


def test_what_is_before_a_message_is_left_out() -> None:
    connection = SipConnection()
    assert list(connection.take(0, b"\r\n\r\nhalf of some message\r\n\r\n" + RINGING)) == [RINGING]


def test_hostile_connections_stay_small() -> None:
    endless = SipConnection()
    for at in range(0, 3_000_000, 1000):
        assert list(endless.take(at, b"x" * 1000)) == []
    assert len(endless._buffer) <= 65_536
    no_end = SipConnection()
    at = 0
    for piece in [b"INVITE sip:a SIP/2.0\r\n", *[b"A: b\r\n" * 100] * 300]:
        assert list(no_end.take(at, piece)) == []
        at += len(piece)
    assert len(no_end._buffer) <= 70_000
    giant = SipConnection()
    heads = b"SIP/2.0 200 OK\r\nl: 999999999\r\n\r\n" * 3000
    assert list(giant.take(0, heads + RINGING)) == [RINGING]
