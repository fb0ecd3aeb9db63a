"""Whether the catalogue and a database fit: every column has an entry, every entry a column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from telephony.core.personal_data.model import Table

WHERE = "telephony/core/personal_data/tables.py"


def differences(real: Mapping[str, Iterable[str]], catalogue: Sequence[Table]) -> list[str]:
    """What to mend, in words. `real` are the database's tables and their columns."""
    return [*_unknown_tables(real, catalogue), *_of_tables(real, catalogue)]


def _unknown_tables(real: Mapping[str, Iterable[str]], catalogue: Sequence[Table]) -> Iterator[str]:
    for name in sorted(set(real) - {each.name for each in catalogue}):
        yield (
            f'the table `{name}` has no entry in the catalogue of personal data: add a Table("{name}", …) to {WHERE}'
            f" that says what each of its columns holds ({', '.join(real[name])}), from when on its rows age, and how"
            " long they are kept"
        )


def _of_tables(real: Mapping[str, Iterable[str]], catalogue: Sequence[Table]) -> Iterator[str]:
    for table in catalogue:
        if table.name not in real:
            yield f"the table `{table.name}` is in the catalogue and not in the database: take it out of {WHERE}"
            continue
        there = list(real[table.name])
        for column in (each for each in there if each not in table.columns):
            yield (
                f"the column `{table.name}.{column}` has no entry: say in {WHERE} what it holds, as one more name in"
                f" columns(…) of the table: customer, phone, call or ticket for a key, person, text, staff, sealed,"
                " or fact for what says nothing of who it was"
            )
        for column in (each for each in table.columns if each not in there):
            gone = f"`{table.name}.{column}`"
            yield f"the column {gone} is in the catalogue and not in the database: take it out of {WHERE}"
