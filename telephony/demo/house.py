"""The house of the demo and of the acceptance tests: Asterisk, PostgreSQL and the server, each a process of its own.

Everything lies below one folder; what was made once (database, secrets, ports) is used again.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import aiohttp

from ivr_flows.calendar import local
from ivr_flows.prompts import PromptStore
from telephony import identity, settings
from telephony.asterisk.config import AgentPhone, NodeConfig, PeerNode, TrunkPeer
from telephony.asterisk.embedded import EmbeddedAsterisk
from telephony.asterisk.install import AsteriskProgram
from telephony.child import Child, end_leftover
from telephony.console.passwords import Passwords, hash_password
from telephony.core.account import Account, Role
from telephony.crm.seed import accounts, customers, files
from telephony.demo.ports import RTP_PORTS, Ports
from telephony.demo.setup import FALLBACK
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store

SUPERVISOR = ("ewa", "Ewa Malinowska")
CONSULTANTS = {"anna": "Anna Wiśniewska", "piotr": "Piotr Zieliński"}
SKILLS = {"sales": 1, "support": 1, "billing": 1}
GENERAL, ACCESSIBLE = "+48220000100", "+48220000116"
TRUNK = "carrier"
QUEUES = ("sales", "support", "billing")
ANY_HOUR = 'hours = "00:00-00:00"'  # customers of the demo and of tests are called at night, too
PIN = "4711"  # of the first customer
READY_S = 20.0
# Never closed, so that a demonstration can be shown at night.
ALWAYS_OPEN = "departments:\n" + "".join(
    f'  {name}: {{hours: {{mon-sun: "00:00-24:00"}}, holidays: as usual}}\n' for name in SKILLS
)


class HouseError(Exception):
    """A part of the house does not start; the message says which and why."""


class House:
    def __init__(
        self,
        data: Path,
        program: AsteriskProgram,
        config: Path,
        *,
        prompts: Path | None = None,
        transfer_numbers: tuple[str, ...] = (),
        nodes: int = 1,
        consultants: Mapping[str, str] = CONSULTANTS,
        more_carriers: tuple[int, ...] = (),
        call_back: str = ANY_HOUR,
        dispositions: bool = True,
    ) -> None:
        """`config` has hotline.toml and the templates; `prompts` is where they lie if not in `data`.

        `consultants` are names by log-in; each serves every queue.

        `call_back` is what every queue's settings say of it, as TOML.

        Without `dispositions` no consultant has to say what came of a talk.

        `nodes` is how many Asterisks there are, all for one server; each has every phone's password and every number.
        `transfer_numbers` are those outside the house to which consultants may hand a caller over. From
        `more_carriers`, further ports, callers come, too.
        """
        self._transfer_numbers = transfer_numbers
        self.data = data.absolute()
        self.data.mkdir(parents=True, exist_ok=True)
        self._config = config
        self._numbers = settings.load([config / "hotline.toml"]).numbers
        self._prompts = prompts or self.data / "prompts"
        self.ports, self.moved_ports = Ports.choose(self.data / "ports.json")
        self._consultants = consultants
        self._more_carriers = more_carriers
        self._call_back = call_back
        self._dispositions = dispositions
        self._secrets = _kept_secrets(self.data / "secrets.json", (*consultants, SUPERVISOR[0]))
        self.postgres = EmbeddedPostgres(self.data / "postgres", self.ports.postgres)
        more = (Ports.choose(self._folder_of(place) / "ports.json", place)[0] for place in range(1, nodes))
        self.node_ports = [self.ports, *more]  # of the others, those of their Asterisk alone count
        self.nodes = [EmbeddedAsterisk(program, self._node(place), config / "asterisk") for place in range(nodes)]
        self.server: Child | None = None

    # -- what others need to know -------------------------------------------------------------------------------

    @property
    def console_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.console}"

    @property
    def metrics_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.metrics}/metrics"

    @property
    def asterisk(self) -> EmbeddedAsterisk:
        """The first of the nodes."""
        return self.nodes[0]

    @property
    def registrar(self) -> str:
        return self.registrar_of(0)

    def registrar_of(self, place: int) -> str:
        return f"sip:127.0.0.1:{self.node_ports[place].sip}"

    def password(self, login: str) -> str:
        """Of the console."""
        return self._secrets[f"console-{login}"]

    def sip_secret(self, endpoint: str) -> str:
        return self._secrets[f"sip-{endpoint}"]

    @property
    def flows(self) -> dict[str, str]:
        """Each number that can be called, and what answers it."""
        return {number: each.flow for number, each in self._numbers.items()}

    def uri(self, number: str, place: int = 0) -> str:
        """How to call a number of ours over SIP, at one of the nodes."""
        return f"sip:{number}@127.0.0.1:{self.node_ports[place].sip}"

    # -- start and stop -----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Everything, Asterisk beside PostgreSQL. Errors: those of the parts, HouseError."""
        await end_leftover(self._server_pid, "telephony")
        try:
            async with asyncio.TaskGroup() as parts:
                for node in self.nodes:
                    parts.create_task(node.start())
                parts.create_task(self._start_postgres())
            await self.start_server()
        except BaseException as error:
            await self.stop()
            if isinstance(error, ExceptionGroup):
                raise error.exceptions[0] from None
            raise

    async def stop(self) -> None:
        await self.stop_server()
        for node in self.nodes:
            await node.stop()
        await self.postgres.stop()

    async def start_server(self) -> None:
        """`hotline serve`, until its console answers."""
        own = self._write_settings()
        self.server = await Child.start(
            "server",
            [
                sys.executable,
                "-m",
                "telephony",
                "serve",
                "--config",
                self._config / "hotline.toml",
                "--config",
                own,
            ],
            log=self.data / "log/server.log",
            pid_file=self._server_pid,
            env={key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")},
        )
        try:
            await asyncio.wait_for(self._server_ready(self.server), READY_S)
        except TimeoutError:
            raise HouseError(f"the server was not ready after {READY_S:.0f} s; its log: {self._last_words()}") from None

    async def stop_server(self) -> None:
        if self.server:
            await self.server.stop()
            self.server = None

    async def signal_server(self, number: signal.Signals) -> None:
        """Kill, stop or continue the server alone; Asterisk, PostgreSQL and all phones go on."""
        assert self.server
        os.kill(self.server.pid, number)
        if number is signal.SIGKILL:
            await self.server.wait()
            self.server = None

    async def open_store(self) -> Store:
        return await Store.open(self.postgres.dsn)

    # -- inside -------------------------------------------------------------------------------------------------

    @property
    def _server_pid(self) -> Path:
        return self.data / "server.pid"

    async def _start_postgres(self) -> None:
        await self.postgres.start()
        store = await self.open_store()
        try:
            await self._settle_people(store)
        finally:
            await store.close()

    async def _settle_people(self, store: Store) -> None:
        """Customers once; consultants whenever the password that we print is not theirs.

        Customers come first and all or none: a start that was cut short is made up for by the next one.
        """
        known = {account.login: account.password_hash for account in await store.accounts()}
        if not known:
            people = customers()
            await store.customers.add(people)
            owed = accounts(people, local(time.time()).date())
            await store.customers.add_accounts(owed)
            await store.customers.add_files(files(people, owed))
            await store.customers.set_pin(people[0].number, await asyncio.to_thread(identity.hashed, PIN), time.time())
        passwords = Passwords()
        for login, name in self._consultants.items():
            if not await passwords.verify(known.get(login), self.password(login)):
                hashed = await asyncio.to_thread(hash_password, self.password(login))
                await store.add_account(Account(login, name, hashed, endpoint=login, skills=SKILLS))
        login, name = SUPERVISOR
        if not await passwords.verify(known.get(login), self.password(login)):
            hashed = await asyncio.to_thread(hash_password, self.password(login))
            await store.add_account(Account(login, name, hashed, role=Role.SUPERVISOR))

    def _folder_of(self, place: int) -> Path:
        folder = self.data / (_name(place) if place else "asterisk")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _node(self, place: int) -> NodeConfig:
        ports = self.node_ports[place]
        carriers = {TRUNK: self.ports.customers} | {f"{TRUNK}-{port}": port for port in self._more_carriers}
        return NodeConfig(
            name=_name(place),
            folder=self._folder_of(place),
            sip_port=ports.sip,
            ami_port=ports.ami,
            rtp_ports=(ports.rtp, ports.rtp + RTP_PORTS),
            phone_port=ports.phone,
            agi_servers=(f"127.0.0.1:{self.ports.agi}",),
            manager_secret=self._secrets["manager"],
            provision_secret=self._secrets["provision"],
            probe_secret=self._secrets["probe"],
            agents=tuple(AgentPhone(login, self.sip_secret(login)) for login in self._consultants),
            numbers={number: each.accessibility for number, each in self._numbers.items()},
            transfer_numbers=self._transfer_numbers,
            announcement=PromptStore(self._prompts).path(FALLBACK),
            trunks=tuple(
                TrunkPeer(name, f"127.0.0.1:{port}/32", f"sip:127.0.0.1:{port}") for name, port in carriers.items()
            ),
            peers=tuple(
                PeerNode(_name(other), "127.0.0.1", there.sip, self._secrets["peer"])
                for other, there in enumerate(self.node_ports)
                if other != place
            ),
        )

    def _write_settings(self) -> Path:
        """What hotline.toml cannot know: ports, secrets, the database."""
        ports = self.ports
        calendar = self.data / "calendar.yaml"
        calendar.write_text(ALWAYS_OPEN, "utf-8")
        text = (
            f"data = {json.dumps(str(self.data))}\n"  # a path may hold quotes, and JSON's are TOML's
            f"prompts = {json.dumps(str(self._prompts))}\n"
            f"calendar = {json.dumps(str(calendar))}\n"
            f'console_listen = "127.0.0.1:{ports.console}"\n'
            f'metrics_listen = "127.0.0.1:{ports.metrics}"\n'
            f'agi_listen = "127.0.0.1:{ports.agi}"\n'
            'agi_peers = ["127.0.0.1"]\n'
            f"transfer_numbers = {json.dumps(list(self._transfer_numbers))}\n"
            f"messages = {{folder = {json.dumps(str(self.data / 'messages'))}}}\n"
            "console = {totp_roles = []}\n"  # the demo's supervisor has a password that everybody may know
            f'database_url = "{self.postgres.dsn}"\n\n'
        )
        for place, there in enumerate([ports, *self.node_ports[1:]]):
            text += (
                f'[[asterisk]]\nname = "{_name(place)}"\nami_port = {there.ami}\n'
                f'secret = "{self._secrets["manager"]}"\n'
                f'probe_sip = "127.0.0.1:{there.sip}"\nprobe_secret = "{self._secrets["probe"]}"\n'
                f'trunk = "{TRUNK}"\nphone_url = "ws://127.0.0.1:{there.phone}/ws"\n'
                f"log_folder = {json.dumps(str(self._folder_of(place) / 'log'))}\n\n"
            )
        required = f"disposition_required = {json.dumps(self._dispositions)}"
        for queue in QUEUES:
            text += f"[queues.{queue}]\n{required}\n[queues.{queue}.call_back]\n{self._call_back}\n\n"
        path = self.data / "server.toml"
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
        return path

    async def _server_ready(self, server: Child) -> None:
        connected = f"hotline_ami_connected {float(sum(node.running for node in self.nodes))}"
        async with aiohttp.ClientSession() as http:
            while True:
                if server.returncode is not None:
                    raise HouseError(f"the server ended with status {server.returncode}: {self._last_words()}")
                with suppress(aiohttp.ClientError):
                    async with http.get(self.metrics_url) as answer:
                        if answer.status == 200 and connected in await answer.text():
                            return
                await asyncio.sleep(0.05)

    def _last_words(self) -> str:
        log = self.data / "log/server.log"
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:]) if log.exists() else "(none)"


def _name(place: int) -> str:
    return f"node-{place + 1}"


def _kept_secrets(path: Path, consultants: Iterable[str]) -> dict[str, str]:
    """Random ones, made once, readable by their owner alone. What a crash left half written is made anew."""
    wanted = (
        "manager",
        "provision",
        "probe",
        "peer",
        *(f"{kind}-{login}" for login in consultants for kind in ("sip", "console")),
    )
    kept: dict[str, str] = {}
    with suppress(FileNotFoundError, ValueError, TypeError):
        kept = dict(json.loads(path.read_text("utf-8")))
    if missing := [name for name in wanted if not kept.get(name)]:
        kept |= {name: secrets.token_urlsafe(9) if "console" in name else secrets.token_hex(16) for name in missing}
        new = path.with_name(f"{path.name}.new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(kept), "utf-8")
        new.replace(path)
    return kept
