"""The JSON Schema that editors check flows by: complete in itself, with every node and every key of the language."""

import json
from collections.abc import Iterator
from typing import get_args

import pytest

from ivr_flows.nodes import FlowFile, Node
from telephony import cli


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert cli.main(["flow", "schema"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert isinstance(made, dict)
    return made


def every(value: object) -> Iterator[dict[str, object]]:
    """Each mapping of a JSON document."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from every(each)


def test_it_is_a_schema_of_its_own(schema: dict[str, object]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["$id"], schema["title"], schema["type"]) == ("urn:hotline:flow", "A flow of hotline", "object")
    assert set(FlowFile.model_fields) == set(mapping(schema["properties"]))
    assert schema["additionalProperties"] is False
    definitions = mapping(schema["$defs"])
    refs = {each["$ref"] for each in every(schema) if "$ref" in each}
    assert refs <= {f"#/$defs/{name}" for name in definitions}


def test_every_node_has_its_keys_and_no_others(schema: dict[str, object]) -> None:
    definitions = mapping(schema["$defs"])
    for kind in get_args(Node):
        node = mapping(definitions[kind.__name__])
        assert set(mapping(node["properties"])) == set(kind.model_fields)
        assert node["additionalProperties"] is False
    assert set(mapping(mapping(definitions["Case"])["properties"])) == {"if", "next"}, "as authors write it"


def test_texts_are_plain_or_by_language(schema: dict[str, object]) -> None:
    say = mapping(mapping(mapping(schema["$defs"])["SayNode"])["properties"])["say"]
    plain, translated = mappings(mapping(say)["anyOf"])
    languages = ["always_en", "always_pl", "always_uk", "en", "pl", "uk"]
    assert (plain["maxLength"], translated["propertyNames"]) == (600, {"enum": languages})


def mappings(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value
