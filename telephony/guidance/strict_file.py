"""YAML files of the house that are not flows, read by the same means: bounded, plain, every error with its place."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ivr_flows import source
from ivr_flows.errors import FlowError

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("contains a control character")
    return value


def read(path: Path, model: type[M]) -> tuple[source.Source, M]:
    """The file and what it holds. Raises FlowError `file:line:column: …` for the first thing that is wrong."""
    file = source.read(path)
    try:
        return file, model.model_validate(file.tree)
    except ValidationError as error:
        raise fault(file, error) from None


def paths(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder, in order. Raises FlowError where there is none, which does not mean that all are gone."""
    if not folder.is_dir():
        raise FlowError(f"{folder}: there is no such folder")
    return sorted(folder.glob(pattern))


def fault(file: source.Source, error: ValidationError) -> FlowError:
    """The first thing that is wrong, at its place."""
    problem = error.errors(include_input=False, include_url=False)[0]
    where = tuple(step for step in problem["loc"] if step != "[key]")
    of_key = problem["type"] == "extra_forbidden" or "[key]" in problem["loc"]
    name = ".".join(map(str, where)) or path_name(file)
    return FlowError(f"{name}: {problem['msg'].removeprefix('Value error, ')}", file.place(where, of_key=of_key))


def path_name(file: source.Source) -> str:
    return file.name.partition(".")[0]
