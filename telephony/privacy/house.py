"""What all work with personal data needs, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from telephony.audit import audit_key
from telephony.core.personal_data.model import Keep
from telephony.privacy.erasing import DAY_S, Eraser
from telephony.privacy.exporting import Exporter
from telephony.privacy.files import Folders, PersonFiles
from telephony.privacy.receipts import Signer
from telephony.recording_keys import vault_of
from telephony.settings import Settings
from telephony.store.personal import PersonalData
from telephony.store.store import Store


@dataclass(frozen=True, slots=True)
class House:
    """`key` makes pseudonyms; `clock` gives seconds since the epoch."""

    store: Store
    data: PersonalData
    files: PersonFiles
    signer: Signer
    key: bytes
    settings: Settings
    clock: Callable[[], float]

    @classmethod
    def of(cls, settings: Settings, store: Store, clock: Callable[[], float]) -> House | None:
        """None without a database. Errors: SettingsError."""
        if (data := PersonalData.of(store.connection)) is None:
            return None
        logs = tuple(node.log_folder for node in settings.asterisk if node.log_folder)
        folders = Folders(
            settings.data, settings.recording_folder, settings.vault_folder, logs, settings.messages.folder
        )  # fmt: skip
        files = PersonFiles(folders)
        return cls(store, data, files, Signer.of(settings), audit_key(settings), settings, clock)

    @property
    def days(self) -> dict[Keep, int]:
        """The figures of `[retention]`."""
        figures = self.settings.retention.model_dump()
        return {each: figures[each] for each in Keep if each in figures}

    @property
    def calls_by_law_s(self) -> float:
        return self.settings.privacy.calls_by_law_days * DAY_S

    @property
    def eraser(self) -> Eraser:
        return Eraser(self.store, self.data, self.files, self.signer, self.key, self.calls_by_law_s, self.clock)

    @property
    def exporter(self) -> Exporter:
        days = {str(keep): figure for keep, figure in self.days.items()}
        return Exporter(self.data, self.files, vault_of(self.settings), days, self.clock)
