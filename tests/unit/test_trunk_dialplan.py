"""Guards, routes, Asterisk's objects and dialplan of trunks: what is written agrees with what is decided."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_trunk import dialplan
from sip_trunk.errors import TrunkError
from sip_trunk.failover import Health, after_calls, after_options, after_trial
from sip_trunk.guards import OwnNumbers, refusal
from sip_trunk.model import (
    CallerIdHeader,
    Did,
    Guards,
    Host,
    Registration,
    Rule,
    Srtp,
    Transport,
    Trunk,
    TrunkSet,
    Window,
)
from sip_trunk.numbers import NumberForm
from sip_trunk.routes import holds, routes, trunks_for
from sip_trunk.sections import Section, sections, uri
from sip_trunk.state import contact_id
from tests.unit.test_trunk_file import example

MONDAY_NOON = datetime(2026, 11, 30, 12, 0)  # noqa: DTZ001 - what a Polish wall shows
MONDAY_NIGHT = datetime(2026, 11, 30, 23, 0)  # noqa: DTZ001
SECRETS = {"SOUTH": "correct-horse"}


# -- guards -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+48221234567", None),
        ("+48500100200", None),
        ("+48800100100", None),
        ("+48116111", None),
        ("+49301234567", None),
        ("112", "emergency"),
        ("+48112", "emergency"),
        ("+48700123456", "premium"),
        ("+4819115", "short number"),
        ("+12125550123", "abroad"),
        ("+88213123456", "abroad"),  # satellite
        ("+48221234567&PJSIP/x", "no telephone number"),
        ("221234567", "no telephone number"),
    ],
)
def test_who_may_not_be_called(number: str, why: str | None) -> None:
    refused = refusal(number, Guards(international=("+49",)))
    assert refused is None if why is None else why in str(refused)


def test_only_own_numbers_that_also_call_are_shown() -> None:
    own = OwnNumbers([("+48800100100", "+48800100100"), ("+48221234500", "+48221234599")], ["+48800100100"])
    assert own.caller_id_refusal("+48221234500") is None
    assert own.caller_id_refusal("+48221234599") is None
    assert "in no range" in str(own.caller_id_refusal("+48221234600"))
    assert "in no range" in str(own.caller_id_refusal("+48221234499"))
    assert "in no range" in str(own.caller_id_refusal("+4822123450"))  # a digit less
    assert "receive-only" in str(own.caller_id_refusal("+48800100100"))


# -- routes -----------------------------------------------------------------------------------------------------------


def test_the_longest_prefix_decides_and_a_window_comes_before_always() -> None:
    trunks = example()
    assert trunks_for("+48221234567", trunks, MONDAY_NOON) == ("north-tls", "south")
    assert trunks_for("+48221234567", trunks, MONDAY_NIGHT) == ("south", "north-tls")
    assert trunks_for("+49301234567", trunks, MONDAY_NIGHT) == ("north-tls",)
    assert trunks_for("+33123456789", trunks, MONDAY_NOON) == ()
    assert trunks_for("+48700123456", trunks, MONDAY_NOON) == ()
    assert trunks_for("112", trunks, MONDAY_NOON) == ()


def test_where_no_window_holds_there_is_no_route() -> None:
    by_day = Rule("+48", ("south",), when=Window(time(8), time(16), "mon-fri"))
    trunks = replace(example(), outbound=(by_day,))
    assert trunks_for("+48221234567", trunks, MONDAY_NOON) == ("south",)
    assert trunks_for("+48221234567", trunks, MONDAY_NIGHT) == ()
    assert "Goto(hotline-trunk-refused,s,1)" in dialplan.text(trunks).split("+48XXXXXXXXX")[1].split("rule0)")[1]


@pytest.mark.parametrize(
    ("window", "day", "clock", "expected"),
    [
        (Window(time(8), time(16), "mon-fri"), 30, time(8), True),
        (Window(time(8), time(16), "mon-fri"), 30, time(16), False),
        (Window(time(8), time(16), "mon-fri"), 29, time(12), False),
        (Window(time(22), time(6), "mon"), 30, time(23), True),
        (Window(time(22), time(6), "mon"), 30, time(5, 59), True),
        (Window(time(22), time(6), "mon"), 30, time(6), False),
        (Window(time(0), time(23, 59), "sat-mon"), 30, time(12), True),
        (Window(time(0), time(23, 59), "sat-mon"), 27, time(12), False),
        (Window(time(0), time(0), "mon"), 30, time(0), True),
    ],
)
def test_a_window_holds(window: Window, day: int, clock: time, expected: bool) -> None:  # noqa: FBT001
    assert holds(window, datetime.combine(datetime(2026, 11, day), clock)) is expected  # noqa: DTZ001


# -- the dialplan agrees ----------------------------------------------------------------------------------------------


def context(text: str, name: str) -> dict[str, list[str]]:
    """Extension or pattern → its lines."""
    body = text.split(f"[{name}]\n")[1].split("\n[", maxsplit=1)[0]
    found: dict[str, list[str]] = {}
    for line in body.split("\n"):
        if head := re.match(r"exten => ([^,]+),1,(.*)", line):
            found[head[1]] = [head[2]]
        elif line.startswith(" same => "):
            found[list(found)[-1]].append(line.removeprefix(" same => "))
    return found


def matched(extensions: dict[str, list[str]], number: str) -> list[str] | None:
    """As Asterisk does: exactly, else the pattern that is more specific from the left."""
    if number in extensions:
        return extensions[number]
    fitting = [
        each
        for each in extensions
        if each.startswith("_") and re.fullmatch(re.escape(each[1:]).replace("X", "[0-9]"), number)
    ]
    return extensions[max(fitting, key=lambda each: each.index("X"))] if fitting else None


def first_trunk(lines: list[str]) -> str:
    """Of the choice that always holds."""
    label = next(line for line in lines if line.startswith("n,Goto(rule"))[7:-1]
    after = lines[next(at for at, line in enumerate(lines) if line.startswith(f"n({label})")) :]
    return next(line for line in after if "hotline-trunk-try" in line).split(",")[2]


NUMBERS = st.sampled_from(
    ["+48221234567", "+48222222222", "+48500100200", "+48700123456", "+48112", "+49301234567", "+4930123456789"]
) | st.from_regex(r"\+(48|49|420|1|33)[0-9]{5,11}", fullmatch=True)
PREFIXES = st.sampled_from(["+4", "+48", "+4822", "+4850", "+49", "+4930", "+420", "+1", "+3"])


@given(NUMBERS, st.sets(PREFIXES, min_size=1, max_size=5), st.sets(st.sampled_from(["+49", "+420", "+1212", "+33"])))
def test_what_the_dialplan_calls_is_what_the_rules_and_guards_say(
    number: str, prefixes: set[str], international: set[str]
) -> None:
    names = {prefix: f"t{prefix[1:]}" for prefix in prefixes}
    trunk = Trunk("north", (Host("192.0.2.1"),))
    trunks = TrunkSet(
        example().carriers,
        dict.fromkeys(names.values(), trunk),
        example().own,
        example().default_caller_id,
        outbound=tuple(Rule(prefix, (name,)) for prefix, name in names.items()),
        guards=Guards(international=tuple(international)),
    )
    lines = matched(context(dialplan.text(trunks), "hotline-trunk-out"), number)
    expected = trunks_for(number, trunks, MONDAY_NOON)
    if lines is None or lines[0].startswith("Goto(hotline-trunk-refused"):
        assert not expected
    else:
        # Asterisk knows lengths and prefixes, the guards also what is assigned.
        assert not expected or first_trunk(lines) == expected[0]
        assert refusal(number, trunks.guards) is None or number.startswith("+48")


@pytest.mark.parametrize("number", ["+48700123456", "+48112", "+48997", "500&PJSIP/x", "+49301234567&x", "+4822123456"])
def test_what_is_guarded_reaches_no_trunk(number: str) -> None:
    lines = matched(context(dialplan.text(example()), "hotline-trunk-out"), number)
    assert lines is None or lines == ["Goto(hotline-trunk-refused,s,1)"]


def test_numbers_of_ours_arrive_in_the_carriers_form_and_lead_where_they_should() -> None:
    text = dialplan.text(example())
    assert context(text, "hotline-numbers-e164") == {
        "+48221234500": ["Goto(hotline-did,+48221234500,1)"],
        "+48221234501": ["Goto(hotline-did,+48221234501,1)"],
        "+48221234599": ["Goto(hotline-did,+48221234599,1)"],
    }
    assert context(text, "hotline-numbers-national")["221234500"] == ["Goto(hotline-did,+48221234500,1)"]
    assert context(text, "hotline-in-north-tls") == {"+48800100100": ["Goto(hotline-did,+48800100100,1)"]}
    assert context(text, "hotline-in-south") == {}
    dids = context(text, "hotline-did")
    assert dids["+48221234500"] == [
        "Gosub(hotline-trunk-arrived,s,1(+48221234500))",
        "n,Goto(hotline-call,s,1)",
    ]
    assert dids["+48221234501"][1:] == ["n,Set(QUEUE_PRIO=10)", "n,Goto(hotline-call,s,1)"]
    assert dids["+48221234599"][1:] == ["n,Answer()", "n,Goto(hotline-probe,s,1)"]


def test_a_number_may_lead_to_a_consultants_phone() -> None:
    trunks = replace(example(), dids={"+48221234510": Did("agent:anna")})
    assert context(dialplan.text(trunks), "hotline-did")["+48221234510"][1] == "n,Dial(PJSIP/anna,30)"


@pytest.mark.parametrize(
    ("form", "dialled"),
    [
        (NumberForm.E164, "${ARG1}"),
        (NumberForm.BARE, "${ARG1:1}"),
        (NumberForm.INTERNATIONAL, "00${ARG1:1}"),
        (NumberForm.NATIONAL, '${IF($["${ARG1:0:3}" = "+48"]?${ARG1:3}:00${ARG1:1})}'),
        (NumberForm.TRUNK_ZERO, '${IF($["${ARG1:0:3}" = "+48"]?0${ARG1:3}:00${ARG1:1})}'),
    ],
)
def test_the_carriers_form_is_made_in_the_dialplan(form: NumberForm, dialled: str) -> None:
    trunks = example()
    south = replace(trunks.trunks["south"], numbers=form)
    lines = context(dialplan.text(replace(trunks, trunks={**trunks.trunks, "south": south})), "hotline-trunk-try")
    assert f"n,Set(HOTLINE_DIALLED={dialled})" in lines["south"]


def test_hosts_are_dialled_by_priority_each_once_and_never_again_after_an_answer() -> None:
    text = dialplan.text(example())
    lines = context(text, "hotline-trunk-try")["north-tls"]
    assert [line for line in lines if "Gosub" in line] == [
        "n,Gosub(hotline-trunk-host,north-tls-0,1(${ARG2}))",
        "n,Gosub(hotline-trunk-host,north-tls-1,1(${ARG2}))",
    ]
    for at, line in enumerate(lines):
        if "hotline-trunk-host" in line:
            assert lines[at + 1] == 'n,GotoIf($["${HOTLINE_NEXT}" != "1"]?over)'
    hosts = context(text, "hotline-trunk-host")
    for place, name in enumerate(("sip1", "sip2")):
        lines = hosts[f"north-tls-{place}"]
        assert lines[0] == f'GotoIf($["${{HOTLINE_TRIED}}" =~ "/north-tls-{place}/"]?end)'
        assert f"n,Set(HOTLINE_TRIED=${{HOTLINE_TRIED}}/north-tls-{place}/)" in lines
        dial = next(at for at, line in enumerate(lines) if line.startswith("n,Dial("))
        assert name in lines[dial]
        assert ",60^12,giL(" in lines[dial], "rings 60 s, and is given up after 12 s without"
        assert lines[dial + 1] == "n,Gosub(hotline-trunk-tried,s,1)"


@pytest.mark.parametrize(
    ("status", "said", "next_"),
    [
        ("CHANUNAVAIL", "", True), ("CHANUNAVAIL", "100", True), ("CONGESTION", "503", True),
        ("CHANUNAVAIL", "403", True), ("CHANUNAVAIL", "408", True), ("NOANSWER", "483", True),
        ("CHANUNAVAIL", "500", True), ("CHANUNAVAIL", "488", True),
        ("ANSWER", "200", False), ("BUSY", "486", False), ("NOANSWER", "180", False), ("NOANSWER", "183", False),
        ("NOANSWER", "480", False), ("CHANUNAVAIL", "404", False), ("CHANUNAVAIL", "410", False),
        ("CHANUNAVAIL", "603", False), ("BUSY", "600", False), ("CANCEL", "", False),
    ],
)  # fmt: skip
def test_what_speaks_of_the_way_is_tried_elsewhere(status: str, said: str, next_: bool) -> None:  # noqa: FBT001
    """The statuses of Asterisk 22.10.1 with each SIP status, and the two patterns of the dialplan."""
    tried = context(dialplan.text(example()), "hotline-trunk-tried")["s"]
    patterns = re.findall(r'" : "([^"]*)"', next(line for line in tried if "HOTLINE_NEXT" in line))
    over = re.match(patterns[0], status) or re.match(patterns[1], said)
    assert (over is None) is next_


def test_hosts_of_one_priority_share_calls_by_weight() -> None:
    hosts = (Host("a", priority=10, weight=30), Host("b", priority=10, weight=10), Host("c", priority=20, weight=99))
    trunks = example()
    south = replace(trunks.trunks["south"], hosts=hosts)
    text = dialplan.text(replace(trunks, trunks={**trunks.trunks, "south": south}))
    lines = context(text, "hotline-trunk-try")["south"]
    assert [line for line in lines if "DRAWN" in line or "south-" in line] == [
        "n,GotoIf($[${GROUP_COUNT(south-${EPOCH}@trunk_second)} >= 5]?fast)",
        "n,Set(GROUP(trunk_second)=south-${EPOCH})",
        "n,Set(HOTLINE_DRAWN=${RAND(1,4000)})",
        "n,Set(HOTLINE_FIRST=$[(${HOTLINE_DRAWN} > 3000)])",
        "n,Gosub(hotline-trunk-host,south-$[0 + (${HOTLINE_FIRST} + 0) % 2],1(${ARG2}))",
        "n,Gosub(hotline-trunk-host,south-$[0 + (${HOTLINE_FIRST} + 1) % 2],1(${ARG2}))",
        "n,Gosub(hotline-trunk-host,south-2,1(${ARG2}))",
    ]
    assert "@a," in context(text, "hotline-trunk-host")["south-0"][4]
    never = replace(south, hosts=(Host("a", weight=0), Host("b", weight=1)))
    text = dialplan.text(replace(trunks, trunks={**trunks.trunks, "south": never}))
    assert "(${HOTLINE_DRAWN} > 100)" in text, "the heavier first, and one of weight 0 in one of 101"


def test_hosts_that_do_not_answer_options_come_last() -> None:
    host = context(dialplan.text(example()), "hotline-trunk-host")["south-0"]
    contact = contact_id("south", "sip:198.51.100.20:5060")
    assert host[1] == f'n,GotoIf($["${{ARG1}}" = "well" & "${{PJSIP_CONTACT({contact},status)}}" = "Unreachable"]?end)'
    route = matched(context(dialplan.text(example()), "hotline-trunk-out"), "+49301234567")
    assert route
    tries = [line for line in route if "hotline-trunk-try" in line]
    assert tries == [
        "n,Gosub(hotline-trunk-try,north-tls,1(${EXTEN},well))",
        "n,Gosub(hotline-trunk-try,north-tls,1(${EXTEN},any))",
    ]


def test_an_emergency_call_tries_every_host_once_and_waits_for_none_that_is_silent() -> None:
    lines = context(dialplan.text(example()), "hotline-trunk-emergency")["112"]
    dials = [line for line in lines if line.startswith("n,Dial(")]
    assert len(dials) == 6, "three hosts, in either round"
    assert all(line.endswith(",60^12)") for line in dials), "and nothing limits the call"
    assert lines[-1] == "n,Congestion(10)"


def test_the_night_windows_last_minute_is_before_its_end() -> None:
    assert "GotoIfTime(20:00-05:59,mon-sun,*,*,Europe/Warsaw?rule0)" in dialplan.text(example())


# -- Asterisk's objects -----------------------------------------------------------------------------------------------


def section(kind: str, name: str, trunks: TrunkSet | None = None) -> Section:
    return next(each for each in sections(trunks or example(), SECRETS) if (each.kind, each.name) == (kind, name))


def test_every_endpoint_keeps_what_the_caller_wrote_out_of_ami() -> None:
    for name in ("north-tls", "south"):
        options = dict(section("endpoint", name).options)
        assert (options["callerid"], options["trust_id_inbound"]) == (f"{name} <0>", "no")
        assert (options["identify_by"], options["context"]) == ("ip", f"hotline-in-{name}")


def test_encryption_is_never_optional() -> None:
    options = dict(section("endpoint", "north-tls").options)
    assert (options["media_encryption"], options["media_encryption_optimistic"]) == ("sdes", "no")
    assert dict(section("endpoint", "south").options)["media_encryption"] == "no"


def test_a_registering_trunk() -> None:
    registration = dict(section("registration", "south").options)
    assert registration["server_uri"] == "sip:198.51.100.20:5060"
    assert registration["client_uri"] == "sip:48221234500@south.example"
    assert section("auth", "south").secret == "correct-horse"
    assert dict(section("endpoint", "south").options)["from_domain"] == "south.example"
    assert "correct-horse" not in repr(section("endpoint", "south"))


def test_a_secret_that_is_not_there_is_named() -> None:
    with pytest.raises(TrunkError, match="set HOTLINE_TRUNK_SECRETS__SOUTH"):
        list(sections(example(), {}))


def test_a_secret_never_opens_a_section() -> None:
    for hostile in ("x\n[evil]", "a;b", "a]b", "ż", "x" * 129):
        with pytest.raises(TrunkError, match="cannot hold") as caught:
            next(each for each in sections(example(), {"SOUTH": hostile}) if each.kind == "auth").text()
        assert hostile not in str(caught.value)


def test_no_value_opens_a_section() -> None:
    for hostile in ("a\n[evil]", "a;b", "a]", "${x}", "", "a\rb"):
        with pytest.raises(TrunkError, match="context cannot be"):
            Section("x", "endpoint", (("context", hostile),)).text()


def test_all_objects_are_written() -> None:
    trunks = example()
    changed = replace(
        trunks.trunks["south"],
        outbound_proxy=Host("192.0.2.99", 5070),
        caller_id=CallerIdHeader.RPID,
        transport=Transport.TCP,
        ptime_ms=40,
        match=("198.51.100.20:5060",),
        registration=Registration("u", "SOUTH"),
    )
    text = "\n".join(each.text() for each in sections(replace(trunks, trunks={"south": changed}), SECRETS))
    assert text.count("outbound_proxy = sip:192.0.2.99:5070\\;transport=tcp\\;lr") == 2, "of calls, of REGISTER"
    assert "send_rpid = yes" in text
    assert "allow = alaw:40,ulaw:40" in text
    assert "match = 198.51.100.20:5060/32" in text
    assert "client_uri = sip:u@198.51.100.20:5060" in text
    assert text.count("\ntype = ") == 6


def test_uris() -> None:
    assert uri(Host("sip.example"), Transport.UDP) == "sip:sip.example"
    assert uri(Host("sip.example", 5061), Transport.TLS, "x") == "sip:x@sip.example:5061\\;transport=tls"


def test_a_trunk_that_only_calls_out_is_not_identified() -> None:
    trunk = Trunk("north", (Host("192.0.2.1"),), srtp=Srtp.DTLS)
    kinds = [each.kind for each in sections(replace(example(), trunks={"x": trunk}), {})]
    assert kinds == ["endpoint", "aor"]


def test_rendering_is_the_same_each_time() -> None:
    trunks = example()
    again = replace(trunks, dids=dict(reversed(list(trunks.dids.items()))))
    assert dialplan.text(trunks) == dialplan.text(again)
    assert routes(trunks) == routes(again)


# -- health -----------------------------------------------------------------------------------------------------------


def test_two_unanswered_options_make_ill_and_three_answers_well() -> None:
    health = after_options(Health(), reachable=False, now=1)
    assert not health.ill
    health = after_options(health, reachable=False, now=2)
    assert (health.ill, health.reason, health.since) == (True, "options", 2)
    health = after_options(health, reachable=False, now=3)
    assert health.since == 2
    for now in (4, 5):
        health = after_options(health, reachable=True, now=now)
        assert health.ill
    health = after_options(health, reachable=True, now=6)
    assert (health.ill, health.since) == (False, 6)


def test_quality_below_the_threshold_makes_ill_until_it_is_clearly_above() -> None:
    health = after_calls(Health(), mos=3.0, calls=4, threshold=3.6, now=1)
    assert not health.ill  # too few calls
    health = after_calls(health, mos=3.59, calls=5, threshold=3.6, now=2)
    assert (health.ill, health.reason) == (True, "quality")
    assert after_calls(health, mos=3.7, calls=50, threshold=3.6, now=3).ill
    assert not after_calls(health, mos=3.81, calls=50, threshold=3.6, now=4).ill
    assert not after_calls(Health(), mos=1.0, calls=50, threshold=None, now=5).ill


def test_good_calls_do_not_make_well_what_does_not_answer() -> None:
    silent = Health(ill=True, reason="options", since=1)
    assert after_calls(silent, mos=4.4, calls=50, threshold=3.6, now=2) == silent
    bad = Health(ill=True, reason="quality", since=1)
    for now in range(5):
        bad = after_options(bad, reachable=True, now=now)
    assert bad.ill


def test_a_trunk_put_last_for_its_quality_is_tried_again_where_too_few_calls_could_tell() -> None:
    bad = Health(ill=True, reason="quality", since=0)
    assert after_trial(bad, calls=4, now=1799).ill
    assert after_trial(bad, calls=5, now=9000).ill
    assert after_trial(bad, calls=4, now=1800) == Health(since=1800)
    silent = Health(ill=True, reason="options", since=0)
    assert after_trial(silent, calls=0, now=9000) == silent
