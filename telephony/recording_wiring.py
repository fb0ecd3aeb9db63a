"""Recordings at rest, put together from the settings: sealed, heard, forgotten, and none where there is no room."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping

from telephony import sounds
from telephony.asterisk.gateway import Gateway
from telephony.asterisk.taping import Tapes
from telephony.audit import AuditTrail
from telephony.console.api.endpoint import Endpoint
from telephony.console.floor import SUPERVISORS
from telephony.console.more_pages import StaffPage
from telephony.console.texts import PageTemplate
from telephony.metrics import Metrics
from telephony.privacy.forgetting import Keeping
from telephony.privacy.house import House
from telephony.recording_keys import vault_of
from telephony.recording_retention import RecordingRetention, nothing_kept
from telephony.recordings_api import RecordingsApi
from telephony.sealing import Sealing
from telephony.settings import Settings
from telephony.store.store import Store
from telephony.vault.room import Room

MB = 1_000_000


class RecordingsAtRest:
    """`nodes` may be filled later; `clock` gives seconds since the epoch. Errors: SettingsError."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        audit: AuditTrail,
        nodes: Mapping[str, Gateway],
        clock: Callable[[], float],
    ) -> None:
        folder, vault, rules = sounds.recordings(settings), vault_of(settings), settings.vault
        vault.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._room = Room([folder, vault.folder], rules.stop_below_mb * MB, rules.go_on_above_mb * MB)
        self._sealing = Sealing(folder, vault, store, self._room, nodes, clock)
        house = House.of(settings, store, clock)
        kept = Keeping(house).keeps if house else nothing_kept
        self._retention = RecordingRetention(settings.retention.recordings_days, vault, store, clock, kept)
        self._api = RecordingsApi(vault, store, audit.recording_heard, clock)
        self.tapes = Tapes(folder, clock, lambda: self._room.there)

    def endpoints(self) -> Iterator[Endpoint]:
        """What people ask in the console."""
        yield from self._api.endpoints()

    def page(self) -> StaffPage:
        return StaffPage("/recordings", PageTemplate("recordings.html"), SUPERVISORS)

    def works(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs as long as the server does."""
        yield self._sealing.run()
        yield self._sealing.watch_room()
        yield self._retention.run()

    def tell(self, metrics: Metrics) -> None:
        """Figures for Prometheus. Alert on `hotline_recording_stopped` and `hotline_recordings_not_sealed_total`."""
        sealing, room = self._sealing, self._room
        metrics.value("recording_stopped", "1 while a disk is too full to record", lambda: float(not room.there))
        metrics.value("recording_free_bytes", "Free on the fullest disk of recordings", lambda: float(room.free))
        metrics.value(
            "recordings_plain", "Recordings that are not sealed yet, those of calls under way among them",
            lambda: float(sealing.waiting),
        )  # fmt: skip
        metrics.counter("recordings_sealed", "Recordings that were sealed", lambda: float(sealing.sealed))
        metrics.counter("recordings_not_sealed", "Tries at it that failed", lambda: float(sealing.failures))
