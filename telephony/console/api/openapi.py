"""The table of endpoints as an OpenAPI 3.1 document: the models that serve are the ones that are described."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from telephony.console.api.endpoint import Endpoint
from telephony.console.api.problems import CONTENT_TYPE, Problem

Json = dict[str, object]

CHANGING = "token"  # the scheme that only belongs to what changes something

_REF = "#/components/schemas/{model}"
_PART = re.compile(r"\{([a-z_]+)\}")
_WHY = {
    400: "the body is no JSON",
    401: "who asks is not known: nobody is logged in, or no valid token",
    403: "not for this role; or `reason` stale (the token), step_up (prove that you are there)",
    404: "there is no such thing",
    409: "not as things stand now",
    413: "the body is longer than anything described here",
    415: "the body is not application/json",
    422: "the body or the query is not as described",
    429: "too often",
    503: "what this needs is away; try again",
}


def document(endpoints: Iterable[Endpoint], base: str, title: str, schemes: Mapping[str, Json]) -> Json:
    """`schemes`: how whoever asks is known (Security Scheme Objects); `token` is of what changes something alone."""
    known = tuple(endpoints)
    paths: dict[str, Json] = {}
    for each in known:
        paths.setdefault(base + each.path, {})[each.method.lower()] = _operation(each, schemes)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version("hotline")},
        "paths": paths,
        "components": {"schemas": _schemas(known), "securitySchemes": dict(schemes)},
    }


def _schemas(endpoints: tuple[Endpoint, ...]) -> Json:
    takes = [(each.takes, "validation") for each in endpoints if each.takes]
    gives = [(each.gives, "serialization") for each in endpoints if each.gives]
    every = [*dict.fromkeys([*takes, *gives, (Problem, "serialization")])]
    _, schemas = models_json_schema(every, ref_template=_REF)  # type: ignore[arg-type]
    found = schemas.get("$defs", {})
    assert isinstance(found, dict)
    return found


def _operation(endpoint: Endpoint, schemes: Mapping[str, Json]) -> Json:
    security: Json = {name: [] for name in schemes if name != CHANGING or endpoint.method != "GET"}
    operation: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.does,
        "description": f"For: {', '.join(sorted(endpoint.roles))}.",
        "security": [security],
        "parameters": [*_parts(endpoint), *_query(endpoint)],
        "responses": _responses(endpoint),
    }
    if endpoint.takes:
        operation["requestBody"] = {"required": True, "content": _content("application/json", endpoint.takes)}
    return operation


def _parts(endpoint: Endpoint) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PART.findall(endpoint.path)
    ]


def _query(endpoint: Endpoint) -> list[Json]:
    if endpoint.query is None:
        return []
    schema = endpoint.query.model_json_schema()
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": each}
        for name, each in schema["properties"].items()
    ]


def _responses(endpoint: Endpoint) -> Json:
    statuses = {401, 403, *endpoint.refuses}
    if endpoint.takes:
        statuses |= {400, 413, 415, 422}
    if endpoint.query:
        statuses.add(422)
    good: Json = {"204": {"description": "done"}}
    if endpoint.gives:
        good = {"200": {"description": "as asked", "content": _content("application/json", endpoint.gives)}}
    if endpoint.streams:
        sound = {endpoint.streams: {"schema": {"type": "string", "format": "binary"}}}
        good = {"200": {"description": "all of it", "content": sound}, "206": {"description": "the range asked for"}}
    if endpoint.saves:
        file = {endpoint.saves: {"schema": {"type": "string", "format": "binary"}}}
        good = {"200": {"description": "a file", "content": file}}
    problems: Json = {
        str(status): {"description": _WHY[status], "content": _content(CONTENT_TYPE, Problem)}
        for status in sorted(statuses)
    }
    return good | problems


def _content(kind: str, model: type[BaseModel]) -> Json:
    return {kind: {"schema": {"$ref": _REF.format(model=model.__name__)}}}
