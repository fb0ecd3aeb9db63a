"""trunks.toml: what is wrong with it is told with line and column; hostile files are refused."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip_trunk import trunk_file
from sip_trunk.errors import Place, TrunkFileError
from sip_trunk.model import Srtp, Transport, TrunkSet
from sip_trunk.toml_places import nearest, places
from telephony.shipped import CONFIG_FOLDER

EXAMPLE = (CONFIG_FOLDER / "trunks.example.toml").read_text("utf-8")


def example() -> TrunkSet:
    return trunk_file.parse(EXAMPLE, "trunks.toml")


def told(text: str) -> list[str]:
    with pytest.raises(TrunkFileError) as caught:
        trunk_file.parse(text, "trunks.toml")
    return str(caught.value).split("\n")


def changed(old: str, new: str) -> str:
    assert EXAMPLE.count(old) == 1, old
    return EXAMPLE.replace(old, new)


def place(text: str, part: str) -> str:
    """Line and column of where `part` first stands."""
    before = text[: text.index(part)]
    return f"trunks.toml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: "


def test_the_example_is_good() -> None:
    trunks = example()
    assert trunks.trunks["north-tls"].transport is Transport.TLS
    assert trunks.trunks["north-tls"].srtp is Srtp.SDES
    assert trunks.trunks["south"].registration
    assert [rule.prefix for rule in trunks.outbound] == ["+48", "+48", "+4"]
    assert trunks.carriers["north"].title == "Północ Telekom S.A."


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        ('transport = "tls"', 'transport = "tsl"', "transport", "trunks.north-tls.transport: Input should be 'udp'"),
        ("mos_threshold = 3.6", "mos_treshold = 3.6", "mos_treshold", "Unexpected keyword argument"),
        ('numbers = "national"', "numbers = 3", "numbers = 3", "Input should be 'e164'"),
        ("port = 5060", "port = 50600000", "port = 50600000", "less than or equal to 65535"),
        ('secret = "SOUTH"', 'secret = "hunter2"', 'secret = "hunter2"', "String should match pattern"),
        ('carrier = "south"', 'carrier = "west"', 'carrier = "west"', "there is no carrier 'west'"),
        ('srtp = "sdes"\n', 'srtp = "sdes"\nverify_server = 7\n', "verify_server", "valid boolean"),
        ('transport = "tls"\n', "", "srtp", "the transport must be tls"),
        ('"192.0.2.11/32"', '"192.0.2.11/24"', '"192.0.2.11/24"', "is no address and no network"),
        ('match = ["198.51.100.20/32"]', 'match = ["192.0.2.10/32"]', '"192.0.2.10/32"]', "north-tls's already"),
        ('default_caller_id = "+48221234500"', 'default_caller_id = "+48600100200"', "default_caller_id", "no range"),
        ('default_caller_id = "+48221234500"', 'default_caller_id = "+48800100100"', "default_caller_id", "DNO list"),
        ('receive_only = ["+48800100100"]', 'receive_only = ["+48800100101"]', '"+48800100101"]', "no range of ours"),
        (
            'own = [["+48221234500", "+48221234599"]',
            'own = [["+48221234599", "+48221234500"]',
            '["+48221234599", "+48221234500"]',
            "is no range",
        ),
        ('"+48221234599" = {', '"+48221234600" = {', '"+48221234600"', "no range of ours"),
        ('trunks = ["north-tls"] }', 'trunks = ["north"] }', '"north"] }', "there is no trunk 'north'"),
        ('trunks = ["south", "north-tls"]', 'trunks = ["south", "x"]', '"x"]', "there is no trunk 'x'"),
        ('prefix = "+4"\n', 'prefix = "+4870"\n', 'prefix = "+4870"', "premium numbers, which no rule can allow"),
        ('prefix = "+4"\n', 'prefix = "+48112"\n', 'prefix = "+48112"', "an emergency number, which no rule"),
        ('begin = "20:00", end = "06:00", days = "mon-sun"', 'begin = "20:00"', "when", "when.days: Field required"),
        ('when = { begin = "20:00", end = "06:00", days = "mon-sun" }', "", 'prefix = "+48"', "more than one rule"),
        ('codecs = ["alaw", "g722"]', 'codecs = ["alaw", "alaw"]', "codecs", "twice"),
        ("privacy = true", "outbound = false", '"south"]\ncost', "takes no calls out"),
        ("privacy = true", "session_timers = { expires_s = 90, min_se_s = 100 }", "session_timers", "min_se_s is more"),
        ("privacy = true", "verify_server = false", "carrier", "for transport tls alone"),
        ("privacy = true", "listen_port = 5080", "listen_port", "is for tcp and tls"),
        ("mos_threshold = 3.6", "listen_port = 5061", "listen_port", "who has a certificate"),
        ("mos_threshold = 3.6", 'key = "/k.pem"', "trunks.north-tls", "certificate and key belong together"),
        ("privacy = true", 'outbound_proxy = { host = "a/b" }', 'host = "a/b"', "String should match pattern"),
        ('days = "mon-sun"', 'days = "mon-son"', 'days = "mon-son"', "String should match pattern"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, at: str, message: str) -> None:
    text = changed(old, new)
    found = told(text)
    assert any(message in each for each in found), found
    if at not in {"carrier", "trunks.north-tls"}:  # of a key that is not there the trunk itself is named
        assert any(each.startswith(place(text, at)) and message in each for each in found), (found, place(text, at))


def test_all_that_is_wrong_is_told_at_once_in_order() -> None:
    text = changed('carrier = "south"', 'carrier = "west"').replace('prefix = "+4"\n', 'prefix = "+4870"\n')
    found = told(text)
    assert len(found) == 2
    assert "west" in found[0]
    assert "premium" in found[1]


def test_a_host_is_given_up_before_its_ringing_is() -> None:
    wrong = told(changed("mos_threshold = 3.6", "ring_timeout_s = 20\nanswer_timeout_s = 20"))
    assert ["is not less than ring_timeout_s" in each for each in wrong] == [True]


def test_numbers_that_nobody_brings_are_told() -> None:
    text = EXAMPLE.replace('match = ["192.0.2.10/32", "192.0.2.11/32"]\n', "")
    text = text.replace('match = ["198.51.100.20/32"]\n', "")
    text = text.replace('registration = { user = "48221234500", secret = "SOUTH", domain = "south.example" }\n', "")
    assert any("no trunk brings calls in" in each for each in told(text))
    assert any(
        "brings no calls in" in each
        for each in told(text + "[trunks.x]\ncarrier='north'\nhosts=[{host='h'}]\noutbound=false\n")
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a = \n", "1:5: is not TOML"),
        ('a = "x\nb = 1', "1:7: is not TOML"),
        ("own = [", "1:8: is not TOML"),
        ("a = 1\na = 2\n", "is not TOML"),
        ("a = " + "[" * 5000, "is nested too deeply"),
    ],
)
def test_what_is_no_toml_is_told(text: str, where: str) -> None:
    assert where in told(text)[0]


def test_a_value_never_opens_a_section(tmp_path: Path) -> None:
    for hostile in ("x]\\n[evil", "h\\u000atype=endpoint", "a;b", "${SHELL(x)}"):
        text = changed('host = "sip1.north.example"', f'host = "{hostile}"')
        assert any("String should match pattern" in each for each in told(text))


def test_hostile_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "latin2").write_bytes(b"# \n# ab\xb3c")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(trunk_file.MAX_BYTES + 1)
    for name, why in (
        ("absent", "cannot be read"),
        ("pipe", "is not a file"),
        ("latin2", "latin2:2:5: is not UTF-8"),
        ("huge", "is larger than 16 MiB"),
    ):
        with pytest.raises(TrunkFileError, match=why):
            trunk_file.load(tmp_path / name)
    (tmp_path / "good.toml").write_text(EXAMPLE.replace("\n", "\r\n"), "utf-8")
    assert trunk_file.load(tmp_path / "good.toml") == example()


def test_the_schema_names_what_there_is() -> None:
    schema = trunk_file.json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    assert {"Trunk", "Carrier", "Did", "Rule", "Guards"} <= set(definitions)
    assert definitions["Trunk"]["additionalProperties"] is False


# -- places -----------------------------------------------------------------------------------------------------------


def paths_of(tree: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    found = {path} if path else set()
    if isinstance(tree, dict):
        found |= {each for key, value in tree.items() for each in paths_of(value, (*path, key))}
    if isinstance(tree, list):
        found |= {each for index, value in enumerate(tree) for each in paths_of(value, (*path, index))}
    return found


TOML = '''
a = 1 # x = 2
"quoted \\"key\\" \\u017C".'lit.eral' = "a # [b]"
m = """
x = 1
\\"""
"""
l = \'\'\'
[no]
\'\'\'
z = [ [1, 2], # c
  {q = "}", r = [1]}, ]
[t.u]
d = 1979-05-27T07:32:00Z
[[many]]
k = {}
[many.sub]
e = []
[[many]]
k = { a.b = 1 }
[[many.deep]]
f = 1
[[many.deep]]
'''


def test_every_key_and_item_has_a_place() -> None:
    tree = tomllib.loads(TOML)
    known = places(TOML)
    assert paths_of(tree) - known.keys() == {("t",)}  # no header of its own opens it
    lines = TOML.split("\n")
    for path, found in known.items():
        rest = lines[found.line - 1][found.column - 1 :]
        if isinstance(path[-1], str) and not rest.startswith("["):
            assert rest.lstrip("\"'").startswith(path[-1][:3].replace('"', '\\"')), (path, rest)


def test_the_nearest_place_around_is_taken() -> None:
    known = places("[a]\nb = [1]\n")
    assert nearest(known, ("a", "b", 0)) == Place(2, 6)
    assert nearest(known, ("a", "b", 7, "x")) == Place(2, 1)
    assert nearest(known, ("c",)) == Place(1, 1)


KEYS = st.text("abc-_9", min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text('a"\\#]},= ż', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[ " + ", ".join(map(written, value)) + " ]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {written(each)}" for key, each in value.items()) + " }"
    return str(value)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_toml_has_all_its_places(tree: dict[str, object]) -> None:
    text = "".join(f"{key} = {written(value)}\n" for key, value in tree.items())
    assert tomllib.loads(text) == tree
    assert places(text).keys() == paths_of(tree)
