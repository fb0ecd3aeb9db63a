"""Asks everything that an OpenAPI document describes, as described and otherwise: schemathesis' examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
)
REFUSED = {"checks": {"negative_data_rejection": {"expected-statuses": ["4XX"]}}}
TRIES = 4  # of each operation in each way

Ask = Callable[[Any], Any]


def asks_everything(document: dict[str, Any], ask: Ask, before: Callable[[], None], real: dict[str, str]) -> set[str]:
    """Each operation's answers keep to the document; gives the operations' names.

    `ask` takes a case and gives its response; `before` comes before each round; `real`: parts of paths that exist.
    """
    schema = schemathesis.openapi.from_dict(_without_guards(document), config=schemathesis.Config.from_dict(REFUSED))
    asked = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found.err()
        operation = found.ok()
        for mode in schemathesis.GenerationMode:
            before()
            _examples(operation, mode, real, ask)
        asked.add(operation.label)
    return asked


def _without_guards(document: dict[str, Any]) -> dict[str, Any]:
    """Whoever asks is let in here; what is answered to others is other tests' matter."""
    for operations in document["paths"].values():
        for operation in operations.values():
            del operation["security"]
    return document


def _examples(operation: Any, mode: schemathesis.GenerationMode, real: dict[str, str], ask: Ask) -> None:
    """The path names what is there or anything."""

    @hypothesis.settings(
        max_examples=TRIES, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
    )  # fmt: skip
    @hypothesis.given(operation.as_strategy(generation_mode=mode), st.booleans())
    def run(case: Any, named: bool) -> None:  # noqa: FBT001 - hypothesis gives it
        if named:
            case.path_parameters.update({name: each for name, each in real.items() if name in case.path_parameters})
        case.validate_response(ask(case), checks=list(CHECKS))

    try:
        run()
    except hypothesis.errors.Unsatisfiable:  # nothing can be wrong in a question without parts
        assert mode is schemathesis.GenerationMode.NEGATIVE
