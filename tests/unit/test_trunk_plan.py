"""What changes is told: a file against what Asterisk says it runs; and revisions on a disk, whoever is killed when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sip_trunk import dialplan
from sip_trunk.errors import TrunkError
from sip_trunk.plan import Act, Change, extensions, plan
from sip_trunk.revisions import KEPT, Past, Revision, Step, TrunkFolder, TrunksBusyError, revision_named
from sip_trunk.running import Contact, Running, running_of
from sip_trunk.sections import sections
from tests.unit.test_trunk_dialplan import SECRETS
from tests.unit.test_trunk_file import example

# As Asterisk 22.10.1 lists the example's trunk `south` (AMI PJSIPShowEndpoint, PJSIPShowRegistrationsOutbound).
SOUTH: tuple[Mapping[str, str], ...] = (
    {
        "Event": "EndpointDetail", "ObjectName": "south", "Context": "hotline-in-south", "Allow": "(alaw|ulaw)",
        "Aors": "south", "Callerid": '"south" <0>', "TrustIdInbound": "false", "SendPai": "true", "SendRpid": "false",
        "TrustIdOutbound": "true", "SendDiversion": "true", "IdentifyBy": "ip", "DirectMedia": "false",
        "DtmfMode": "rfc4733", "MediaEncryption": "no", "MediaEncryptionOptimistic": "false", "Timers": "Yes",
        "TimersSessExpires": "1800", "TimersMinSe": "90", "RtpTimeout": "60", "RtpTimeoutHold": "600",
        "AllowTransfer": "false", "DeviceStateBusyAt": "30", "Transport": "", "OutboundProxy": "",
        "OutboundAuth": "south", "FromUser": "48221234500", "FromDomain": "south.example", "ActiveChannels": "3",
    },
    {
        "Event": "AuthDetail", "ObjectName": "south", "AuthType": "digest", "Username": "48221234500",
        "Password": "correct-horse",
    },
    {
        "Event": "AorDetail", "ObjectName": "south", "Contacts": "south/sip:198.51.100.20:5060",
        "QualifyFrequency": "30", "QualifyTimeout": "3.000000",
    },
    {
        "Event": "ContactStatusDetail", "AOR": "south", "URI": "sip:198.51.100.20:5060", "Status": "Reachable",
        "RoundtripUsec": "12345",
    },
    {"Event": "IdentifyDetail", "ObjectName": "south", "Endpoint": "south", "Match": "198.51.100.20/255.255.255.255"},
    {
        "Event": "OutboundRegistrationDetail", "ObjectName": "south", "ServerUri": "sip:198.51.100.20:5060",
        "ClientUri": "sip:48221234500@south.example", "ContactUser": "48221234500", "Expiration": "3600",
        "MaxRetries": "1000000", "AuthRejectionPermanent": "false", "OutboundAuth": "south", "Endpoint": "south",
        "Transport": "", "Status": "Registered",
    },
    {"Event": "EndpointDetail", "ObjectName": "anna", "Context": "hotline-agents", "Transport": ""},
    {"Event": "AorDetail", "ObjectName": "anna", "Contacts": ""},
)  # fmt: skip

ONLY_SOUTH = replace(
    example(),
    trunks={"south": example().trunks["south"]},
    outbound=(replace(example().outbound[0], trunks=("south",)),),
    dids={"+48221234500": example().dids["+48221234500"]},
)
TEXT = dialplan.text(ONLY_SOUTH)


def listed(text: str = TEXT) -> list[dict[str, str]]:
    """The dialplan as AMI lists it."""
    events = []
    for (context, exten), steps in extensions(text).items():
        base = {"Event": "ListDialplan", "Context": context}
        if exten.startswith("include "):
            events.append({**base, "IncludeContext": exten.removeprefix("include ")})
        events += [
            {**base, "Extension": exten, "Priority": str(at), "Application": app, "AppData": data}
            for at, (app, data) in enumerate(steps, 1)
        ]
    return events


def running(*changes: tuple[int, str, str]) -> Running:
    """What runs, with a field of an event of SOUTH changed."""
    events = [dict(each) for each in SOUTH]
    for at, key, value in changes:
        events[at][key] = value
    return running_of([*events, *listed()])


def changes(now: Running) -> list[str]:
    return [str(each) for each in plan(sections(ONLY_SOUTH, SECRETS), TEXT, now).changes]


def test_what_runs_as_wanted_needs_no_change() -> None:
    found = plan(sections(ONLY_SOUTH, SECRETS), TEXT, running())
    assert found.changes == ()
    assert not found
    assert not found.affected


def test_what_runs_is_read_and_phones_are_left_out() -> None:
    now = running()
    assert {name for _, name in now.objects} == {"south"}
    assert now.calls == {"south": 3}
    assert now.registrations == {"south": "Registered"}
    assert now.contacts == (Contact("south", "sip:198.51.100.20:5060", "Reachable", 12.345),)


@pytest.mark.parametrize(
    ("at", "key", "value", "told"),
    [
        (0, "Context", "hotline-in-other", "~ endpoint south context: hotline-in-other → hotline-in-south"),
        (0, "Allow", "(ulaw|alaw)", "~ endpoint south allow: (ulaw|alaw) → alaw,ulaw"),
        (0, "TrustIdInbound", "true", "~ endpoint south trust_id_inbound: true → no"),
        (0, "Callerid", '"x" <1>', '~ endpoint south callerid: "x" <1> → south <0>'),
        (0, "FromDomain", "", "~ endpoint south from_domain: (nothing) → south.example"),
        (1, "Password", "wrong", "~ auth south password: (secret) → (secret)"),
        (2, "QualifyTimeout", "4.000000", "~ aor south qualify_timeout: 4.000000 → 3"),
        (2, "Contacts", "", "~ aor south contact: (nothing) → sip:198.51.100.20:5060"),
        (4, "Match", "0.0.0.0/0.0.0.0", "~ identify south match: 0.0.0.0/0.0.0.0 → 198.51.100.20/32"),
        (5, "Expiration", "60", "~ registration south expiration: 60 → 3600"),
    ],
)
def test_drift_is_told(at: int, key: str, value: str, told: str) -> None:
    assert changes(running((at, key, value))) == [told]


def test_a_trunk_with_calls_that_changes_is_told_with_their_number() -> None:
    found = plan(sections(ONLY_SOUTH, SECRETS), TEXT, running((0, "Allow", "(ulaw)")))
    assert found.affected == {"south": 3}


def test_nothing_runs_yet() -> None:
    found = changes(Running())
    assert "+ endpoint south" in found
    assert "+ number +48221234500" in found
    assert "+ route hotline-in-south/include hotline-numbers-national" in found


def test_what_is_no_longer_wanted_is_removed() -> None:
    found = [str(each) for each in plan([], "", running()).changes]
    assert "- endpoint south" in found
    assert "- registration south" in found
    assert "- number +48221234500" in found


def test_a_step_that_differs_is_told() -> None:
    events = [*SOUTH, *listed(TEXT.replace("Goto(hotline-call,s,1)", "Goto(hotline-evil,s,1)"))]
    assert changes(running_of(events)) == [
        "~ number +48221234500 step: Goto(hotline-evil,s,1) → Goto(hotline-call,s,1)"
    ]
    shorter = [each for each in listed() if (each.get("Extension"), each.get("Priority")) != ("+48221234500", "2")]
    assert changes(running_of([*SOUTH, *shorter])) == ["~ number +48221234500 step: (nothing) → Goto(hotline-call,s,1)"]


def test_tls_transports_belong_to_their_trunks() -> None:
    trunks = replace(ONLY_SOUTH, trunks={"north-tls": example().trunks["north-tls"]}, outbound=(), dids={})
    events = [
        {"Event": "EndpointDetail", "ObjectName": "north-tls", "Context": "hotline-in-north-tls",
         "Transport": "north-tls-tls", "ActiveChannels": ""},
        {"Event": "TransportDetail", "ObjectName": "north-tls-tls", "VerifyServer": "No", "Protocol": "tls"},
        {"Event": "TransportDetail", "ObjectName": "udp", "Protocol": "udp"},
        {"Event": "ContactStatusDetail", "AOR": "north-tls", "RoundtripUsec": "N/A"},
    ]  # fmt: skip
    now = running_of(events)
    assert ("transport", "udp") not in now.objects
    assert now.contacts[0].round_trip_ms is None
    found = plan(sections(trunks, {}), "", now).changes
    assert Change("transport", "north-tls-tls", Act.CHANGE, "verify_server", "No", "yes") in found


def test_ports_of_a_match_are_compared() -> None:
    south = replace(ONLY_SOUTH.trunks["south"], match=("198.51.100.20:5070",))
    trunks = replace(ONLY_SOUTH, trunks={"south": south})
    now = running((4, "Match", "198.51.100.20:5070/255.255.255.255"))
    assert not plan(sections(trunks, SECRETS), TEXT, now).changes


# -- revisions --------------------------------------------------------------------------------------------------------

TEXTS = {"pjsip.conf": "a", "extensions.conf": "b", "trunks.toml": "c"}


def other(number: int) -> dict[str, str]:
    return {**TEXTS, "pjsip.conf": str(number)}


def test_a_revision_is_kept_whole_and_put_in_force_in_one_step(tmp_path: Path) -> None:
    folder = TrunkFolder(tmp_path / "trunks")
    assert folder.current() is None
    assert folder.known() == ()
    with folder.held():
        first = folder.keep(TEXTS)
        assert folder.current() is None
        folder.switch(first)
        assert folder.current() == first
        assert folder.keep(TEXTS) == first, "the same texts are the same revision"
        second = folder.keep(other(1))
        folder.switch(second)
    assert (folder.root / "current" / "pjsip.conf").read_text() == "1"
    assert folder.known() == (first, second)
    assert folder.source(first) == "c"
    assert (folder.root / "revisions" / str(first) / "pjsip.conf").stat().st_mode & 0o007 == 0
    folder.switch(None)
    assert folder.current() is None


def test_only_one_process_works_here(tmp_path: Path) -> None:
    folder = TrunkFolder(tmp_path)
    with folder.held(), pytest.raises(TrunksBusyError, match="wait until it is done"), TrunkFolder(tmp_path).held():
        raise AssertionError("two hold it")
    with folder.held():
        pass


def test_what_was_begun_is_found_by_who_comes_next(tmp_path: Path) -> None:
    folder = TrunkFolder(tmp_path)
    with folder.held():
        step = Step("", str(folder.keep(TEXTS)), "eva", 5.0)
        assert folder.unfinished() is None
        folder.begin(step)
        assert TrunkFolder(tmp_path).unfinished() == step
        past = Past(6.0, "eva", step.old, step.new, "applied")
        folder.end(past)
        assert folder.unfinished() is None
        assert folder.history() == (past,)


def test_a_half_written_folder_of_a_killed_process_is_in_nobodys_way(tmp_path: Path) -> None:
    folder = TrunkFolder(tmp_path)
    with folder.held():
        digest = str(folder.keep(TEXTS)).partition("-")[2]
        leftover = tmp_path / "revisions" / f".new-2-{digest}"
        leftover.mkdir()
        (leftover / "pjsip.conf").write_text("half")
        (tmp_path / "revisions" / "README").touch()
        assert [each.number for each in folder.known()] == [1]
        assert folder.keep(TEXTS).number == 2  # the first is not in force, so that it is written again
    assert (tmp_path / "revisions" / f"2-{digest}" / "pjsip.conf").read_text() == "a"


def test_old_revisions_go_but_never_the_one_in_force(tmp_path: Path) -> None:
    folder = TrunkFolder(tmp_path)
    with folder.held():
        first = folder.keep(TEXTS)
        folder.switch(first)
        for number in range(KEPT + 5):
            folder.keep(other(number))
        folder.end(Past(1.0, "eva", "", str(first), "applied"))
    assert folder.known()[0] == first
    assert len(folder.known()) == KEPT + 1


def test_what_is_damaged_is_said_or_left_out(tmp_path: Path) -> None:
    folder = TrunkFolder(tmp_path)
    (tmp_path / "journal.json").write_text("{")
    with pytest.raises(TrunkError, match="look at it, then remove it"):
        folder.unfinished()
    good = Past(1.0, "eva", "", "1-000000000000", "applied")
    line = json.dumps({"at": 1.0, "actor": "eva", "old": "", "new": "1-000000000000", "outcome": "applied"})
    (tmp_path / "history.jsonl").write_text(f'{line}\n{{"at": 2')
    assert folder.history() == (good,)
    assert TrunkFolder(tmp_path / "none").history() == ()
    with pytest.raises(TrunkError, match="cannot be read"):
        folder.source(Revision(9, "000000000000"))
    (tmp_path / "current").symlink_to("elsewhere")
    assert folder.current() is None


def test_names_of_revisions() -> None:
    assert revision_named("7-0123456789ab") == Revision(7, "0123456789ab")
    for name in ("", "0-0123456789ab", "7-x", "../7-0123456789ab", ".new-7-0123456789ab"):
        assert revision_named(name) is None
