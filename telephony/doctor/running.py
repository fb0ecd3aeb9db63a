"""What a server would meet with these settings: the database, each Asterisk's manager account, the agents' phones."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

from ivr_flows import FlowError
from quality.capture_ring import CaptureRefusedError, Ring
from telephony.asterisk import cel, queue_log, translate
from telephony.asterisk.ami import AmiRefusedError
from telephony.asterisk.ami_actions import ReadsEnvironment
from telephony.asterisk.ami_client import AmiClient, AmiSettings, AmiSetupError, Listener, Snapshot
from telephony.doctor import nodes
from telephony.doctor.certificate import certificate
from telephony.doctor.finding import Finding, right, warning, wrong
from telephony.flows import Origin, by_number, known_to
from telephony.quality_settings import QualityRules
from telephony.settings import AsteriskNode, Settings, load
from telephony.settings_types import SettingsError
from telephony.store.connection import Postgres
from telephony.store.errors import StoreError
from telephony.store.store import Store

ANSWER_S = 6.0


async def examine(files: Sequence[Path], *, will_serve: bool) -> AsyncIterator[Finding]:
    """`will_serve`: a server is to run with these settings, so what it needs must be in them."""
    try:
        settings = load(files)
    except SettingsError as error:
        yield wrong("settings", str(error), f"edit {', '.join(map(str, files))}")
        return
    yield right("settings", f"{', '.join(map(str, files))}: {len(settings.numbers)} numbers")
    yield flows(settings)
    yield certificate(settings)
    if settings.database_url.get_secret_value() or will_serve:
        yield await database(settings.database_url.get_secret_value())
    if will_serve and not settings.asterisk:
        yield wrong("Asterisk node", "none in the settings", "add [[asterisk]] with name, host, ami_port and secret")
    yield quality_source(settings.quality)
    async for finding in managers(settings.asterisk):
        yield finding
    for node in settings.asterisk:
        if node.log_folder:
            yield logs(node.name, node.log_folder)


def quality_source(rules: QualityRules) -> Finding:
    """By which of its sources calls under way are scored."""
    if rules.interface is None:
        return right("call quality", "by RTCP over AMI: no `[quality] interface` is given to capture on")
    try:
        Ring(rules.interface, blocks=4).close()
    except CaptureRefusedError as error:
        how = "AmbientCapabilities=CAP_NET_RAW in the server's unit, or take `[quality] interface` out"
        return warning("call quality", f"by RTCP over AMI alone: {error.strerror}", how)
    return right("call quality", f"by the packets on {rules.interface}, and by RTCP over AMI where nothing is captured")


def logs(node: str, folder: Path) -> Finding:
    """What happens without a server is read from there afterwards."""
    topic = f"logs of {node}"
    for file in (cel.FILE, queue_log.FILE):
        path = folder / file
        if not os.access(path.parent, os.R_OK | os.X_OK) or (path.exists() and not os.access(path, os.R_OK)):
            return wrong(topic, f"{path} cannot be read", "correct `log_folder`, or let the server's user read it")
    return right(topic, f"{folder} can be read")


def flows(settings: Settings) -> Finding:
    """What a server would serve, or why it would not start."""
    if not settings.numbers:
        return right("flows", "no numbers in the settings, so none is needed")
    origin = Origin.of(settings)
    try:
        revision, found = origin.read(known_to(settings))
        by_number(found, {did: number.flow for did, number in settings.numbers.items()})
    except (FlowError, OSError) as error:
        return wrong("flows", str(error), "mend the flows and publish them, or go back: hotline flow rollback REVISION")
    published = origin.revisions.current() is not None
    where = f"revision {revision} is published" if published else f"nothing is published: those in {origin.folder}"
    return right("flows", f"{where}; every number has one")


async def database(url: str) -> Finding:
    """Nothing is changed there: the schema is the server's to bring up to date."""
    try:
        postgres = await Postgres.open(url)
    except StoreError as error:
        return wrong("database", str(error), "start PostgreSQL, or correct HOTLINE_DATABASE_URL")
    try:
        return right("database", f"PostgreSQL {await Store(postgres).server_version()}")
    except StoreError as error:
        return wrong("database", str(error), "look into PostgreSQL's log")
    finally:
        await postgres.close()


async def managers(asterisk: Sequence[AsteriskNode]) -> AsyncIterator[Finding]:
    """Each node, and then what they say together."""
    snapshots: dict[str, Snapshot] = {}
    for node in asterisk:
        async for finding in _manager(node, snapshots):
            yield finding
    for finding in nodes.between(snapshots):
        yield finding
    if snapshots:
        yield nodes.phones(snapshots)


async def _manager(node: AsteriskNode, snapshots: dict[str, Snapshot]) -> AsyncIterator[Finding]:
    """Log in as the server does, with the same check of the account's rights, and keep what the node says."""
    topic = f"AMI {node.name}"
    try:
        snapshots[node.name], writes_files = await _look(node)
    except AmiSetupError as error:
        yield wrong(topic, str(error), "correct manager.conf or the secret, then `manager reload` in Asterisk")
        return
    except TimeoutError:
        address = f"{node.host}:{node.ami_port}"
        yield wrong(topic, f"no answer at {address} within {ANSWER_S:.0f} s", "start Asterisk, or correct ami_port")
        return
    yield right(topic, f"logged in as `{node.username}`, with no right too many")
    if writes_files:
        yield warning(
            f"modules {node.name}",
            "func_env is loaded: whoever has the manager account's secret can write files as Asterisk",
            "include modules_hotline.conf in modules.conf, or noload func_env.so, app_record.so and app_jack.so there",
        )


async def _look(node: AsteriskNode) -> tuple[Snapshot, bool]:
    """The picture, and whether the account reaches Asterisk's environment. Errors: AmiSetupError, TimeoutError."""
    taken: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()

    def take(snapshot: Snapshot) -> None:
        if not taken.done():
            taken.set_result(snapshot)

    listener = Listener(event=lambda _: None, snapshot=take, lost=lambda _since, _why: None)
    account = AmiSettings(node.host, node.ami_port, node.username, node.secret.get_secret_value())
    client = AmiClient(node.name, account, translate.WANTED, listener, time.time)

    async def run() -> None:
        try:
            await client.run()
        except AmiSetupError as error:
            taken.set_exception(error)

    running = asyncio.create_task(run())
    try:
        async with asyncio.timeout(ANSWER_S):
            snapshot = await taken
            return snapshot, await _reads_environment(client)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _reads_environment(client: AmiClient) -> bool:
    try:
        return bool((await client.request(ReadsEnvironment())).fields.get("Value"))
    except AmiRefusedError:  # there is no such function
        return False
