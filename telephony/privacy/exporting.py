"""What a person may have of what is kept: everything, to be read by machines and by people [GDPR art. 15, 20]."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ivr_flows.calendar import local
from telephony.core.personal_data.model import Table
from telephony.core.personal_data.person import Person
from telephony.core.personal_data.places import PLACES
from telephony.core.personal_data.tables import TABLES
from telephony.privacy.files import PersonFiles
from telephony.store.personal import PersonalData
from telephony.vault.vault import SEALED, Vault

_TABLES = {each.name: each for each in TABLES}
PIECE = 1 << 20  # bytes of a recording at a time
_PERIODS = {"as long as the customer is one": "do końca umowy", "always": "bezterminowo"}


class Exporter:
    """`days` are the figures of `[retention]`; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        data: PersonalData,
        files: PersonFiles,
        vault: Vault,
        days: Mapping[str, int],
        clock: Callable[[], float],
    ) -> None:
        self._data = data
        self._files = files
        self._vault = vault
        self._days = days
        self._clock = clock

    async def export(self, told: Person) -> tuple[Person, dict[str, Any]]:
        """One document, to be written as JSON. Errors: StoreError, OSError."""
        person = await self._data.find(told)
        rows = await self._data.rows(person)
        recordings = await asyncio.to_thread(self._files.recordings, person.calls)
        in_logs = await asyncio.to_thread(self._files.mentioned_in_logs, person)
        document = {
            "format": "hotline-person-1",
            "made_at": local(self._clock()).isoformat(timespec="seconds"),
            "person": {"customers": sorted(person.customers), "phones": sorted(person.phones)},
            "places": {name: self._place(_TABLES[name], found) for name, found in rows.items()},
            "recordings": [{"file": each.name, "bytes": each.stat().st_size} for each in recordings],
            "lines_of_asterisks_logs": in_logs,
            "elsewhere": [{"name": each.name, "purpose": each.purpose, "kept": each.keep} for each in PLACES],
        }
        return person, document

    async def write(self, told: Person, folder: Path) -> dict[str, Any]:
        """Into a new folder: data.json, podsumowanie.md, recordings. Errors: StoreError, OSError."""
        person, document = await self.export(told)
        files = await asyncio.to_thread(self._files.recordings, person.calls)
        await asyncio.to_thread(_write, folder, document, files, self._vault)
        return document

    def _place(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        days = self._days.get(str(table.keep))
        return {
            "purpose": table.purpose,
            "kind": str(table.kind),
            "ground": str(table.ground),
            "kept": f"{days} days" if days else str(table.keep),
            "rows": [{name: _plain(value) for name, value in row.items()} for row in rows],
        }


def summary(document: Mapping[str, Any]) -> str:
    """In Polish, for the person [GDPR art. 12(1)]."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    person = document["person"]
    yield "# Państwa dane w systemie infolinii"
    yield f"\nStan na {document['made_at']}. Całość danych jest w pliku data.json."
    yield f"\nNumery klienta: {', '.join(person['customers']) or 'brak'}"
    yield f"\nTelefony: {', '.join(person['phones']) or 'brak'}"
    yield "\n| Dane | Cel | Podstawa | Okres | Wpisy |\n|---|---|---|---|---|"
    for name, place in document["places"].items():
        kept = _PERIODS.get(place["kept"], place["kept"].replace(" days", " dni"))
        yield f"| {name} | {place['purpose']} | {place['ground']} | {kept} | {len(place['rows'])} |"
    yield f"\nNagrania: {len(document['recordings'])}."
    yield "\nMają Państwo prawo do sprostowania, usunięcia, ograniczenia, przenoszenia i sprzeciwu (art. 16-21 RODO)"
    yield "oraz do skargi do Prezesa Urzędu Ochrony Danych Osobowych."


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def _write(folder: Path, document: Mapping[str, Any], recordings: Sequence[Path], vault: Vault) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(mode=0o700)
    _keep(folder / "data.json", as_json(document))
    _keep(folder / "podsumowanie.md", summary(document))
    if recordings:
        (folder / "recordings").mkdir(mode=0o700)
    for file in recordings:
        if file.suffix == SEALED:
            _unseal(vault, file.stem, folder / "recordings" / f"{file.stem}.wav")
        else:
            shutil.copyfile(file, folder / "recordings" / file.name)


def _unseal(vault: Vault, name: str, to: Path) -> None:
    """Errors: OSError; BrokenSealError."""
    with vault.open(name) as opened, to.open("wb") as out:
        for start in range(0, opened.size, PIECE):
            out.write(opened.read(start, min(PIECE, opened.size - start)))


def _keep(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
