"""The one place where everything is built, wired, started and stopped."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiohttp import web

from ivr_flows import Facts, FlowSet, KeepAnswer, Known
from ivr_flows.standing import Standing
from telephony import api, flow_watch, own_figures, scheduled_probes, sounds
from telephony.after_call import AfterCall
from telephony.alive import stay_alive
from telephony.api_call_backs import CallBackApi
from telephony.asterisk.agi import AgiServer
from telephony.asterisk.ami_client import AmiSettings
from telephony.asterisk.asking import Asker, Asking
from telephony.asterisk.by_node import by_node
from telephony.asterisk.gateway import ForSession, Gateway
from telephony.asterisk.interaction_id import new_interaction_id
from telephony.asterisk.translate import Attempt
from telephony.audit import AuditTrail
from telephony.call_back_desk import CallBackDesk
from telephony.clock import Clock
from telephony.console.console import Console
from telephony.console.flow_pages import Served
from telephony.console_rules import console_rules
from telephony.core.commands import Command, HangUpLeg, RingFirst
from telephony.core.engine import Engine
from telephony.core.estimate import Minutes
from telephony.core.events import CallsRecovered, Event, NodeSnapshot
from telephony.core.ids import InteractionId, QueueName
from telephony.core.promises import SurveyAnswer
from telephony.core.views import Lane
from telephony.crm.directory import Directory
from telephony.crm_wiring import source_of
from telephony.customer_finding import CustomerFinding
from telephony.desk_endpoints import DeskEndpoints
from telephony.during_call import DuringCall
from telephony.factors import StoredFactors, factor_key
from telephony.flows import FlowShelf, Origin
from telephony.guidance import card_fields_file
from telephony.handing_over import HandingOver
from telephony.house_wiring import house_of
from telephony.listening import listen
from telephony.logins import Logins
from telephony.looks import StoredLooks
from telephony.metrics import metrics_app
from telephony.notes import StoredNotes
from telephony.office_wiring import Office
from telephony.opening import Opening
from telephony.outreach_wiring import Outreach
from telephony.outward_wiring import Outward, link_of
from telephony.page_phones import PageRegistrar
from telephony.pump import Pump
from telephony.quality_wiring import LiveQuality
from telephony.read_in import ReadIn
from telephony.recording_wiring import RecordingsAtRest
from telephony.settings import AsteriskNode, Settings
from telephony.settings_types import Listen
from telephony.store.recorder import Recorder
from telephony.store.spool import Spool
from telephony.store.store import Store
from telephony.supervision import SupervisionApi
from telephony.tls import Tls, pair_of
from telephony.trunk_page_wiring import TrunkPage
from telephony.trunks_wiring import Trunks
from telephony.visit_wiring import desk_of

log = structlog.get_logger()

SHUTDOWN_S = 2.0  # how long a request under way may take when we stop
DRAIN_S = 10.0  # how long the last facts may take into the store when we stop


class App:
    """One hotline server. `run` lives until it is cancelled or told to stop."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self.clock = Clock()
        self.metrics = own_figures.metrics(settings)
        source = source_of(settings.crm, store.customers, self.clock, self.metrics)
        self._directory, self._finding = Directory(source, store), CustomerFinding(source)
        self.audit = AuditTrail.of(settings, store, self.clock)
        self._opening = Opening(settings.calendar, settings.data)
        self.during_call = DuringCall(settings, store)
        self._logins = Logins(store, settings.skilled)
        self._registrar = PageRegistrar(settings.asterisk, self._logins.phones)
        self.gateways: dict[str, Gateway] = {}
        self.trunks = Trunks(settings.asterisk, self.gateways, store, self.metrics, self.clock)
        self.live = LiveQuality(settings.quality, self.trunks.scored, self.clock)
        self.live.tell(self.metrics)
        self.quality = self.live.calls
        self._trunk_page = TrunkPage(settings, store, self.audit, self.trunks.states, self.clock)
        self.call_backs = self._call_back_desk(settings)
        self.office = Office(settings, store, self.call_backs, self.audit, self._new_id, self.clock, self.live.ladder)
        self._visits = desk_of(settings, store, self.gateways, self._flow_set, self._new_id, self.clock)
        self._outreach = Outreach(
            settings, store, self.office.written, self.during_call, self._visits, self._flow_set, self.clock
        )
        self._at_rest = RecordingsAtRest(settings, store, self.audit, self.gateways, self.clock)
        self._at_rest.tell(self.metrics)
        self.console = self._pages(settings)
        self.outward = Outward(settings.pop, store, self.clock)
        self.recorder = Recorder(store, self.console.ticket_opened, spool=Spool(settings.data / "facts.spool"))
        self.engine = Engine(self.during_call.rules)
        self.after_call = AfterCall(
            self.during_call.ticket_rules,
            self.quality,
            self.recorder,
            self.metrics,
            flows=lambda: self._served().flows,
            recordings=settings.recording_folder,
        )
        self.pump = self._core()
        self.flows = FlowShelf(
            Origin.of(settings),
            numbers={did: number.flow for did, number in settings.numbers.items()},
            known=lambda: Known(frozenset(settings.queues), self._opening.departments),
            prompts=sounds.built_prompts(settings),
            clock=self.clock,
        )
        self._speech = sounds.speech(settings)
        self.readers = {node.name: self._reader(node, node.log_folder) for node in settings.asterisk if node.log_folder}
        self._house = house_of(
            settings, store, self.clock, self.call_backs, self.submit, self.metrics, self._visits.told, self.quality
        )
        self.gateways.update({node.name: self._gateway(node) for node in settings.asterisk})
        self.agi = AgiServer(
            settings.agi_listen.host,
            settings.agi_listen.port,
            by_node(self.gateways.values()),
            peers=frozenset(map(str, settings.agi_peers)) or None,
        )
        self._runners: list[web.AppRunner] = []
        own_figures.publish(self, self._standings)

    def _core(self) -> Pump:
        return Pump(
            self.engine,
            self.clock,
            # The agent's page first: what it shows must be there before the phone rings.
            [
                self.console.publish,
                self._execute,
                self.recorder.publish,
                self.after_call.publish,
                self.metrics.publish,
                self._follow,
                self.outward.publish,
                self.during_call.publish,
                self._visits.publish,
            ],
            overflowed=self._resynchronise,
        )

    def _pages(self, settings: Settings) -> Console:
        pair = pair_of(settings)
        self._tls = Tls(pair) if pair else None
        self._handing_over = HandingOver(self.gateways, settings.transfer_numbers)
        self._supervision = SupervisionApi(self._opening.current, settings.data, self.clock)
        return Console(
            accounts=self._logins.account,
            keeper=self._logins,
            factors=StoredFactors(self._store, factor_key(settings)),
            card=self._directory.cards,
            search=self._finding.search,
            card_rules=card_fields_file.load(settings.card_fields, self.audit.seen),
            submit=self.submit,
            clock=self.clock,
            queue_titles={QueueName(name): queue.title for name, queue in settings.queues.items()},
            flows=self._served,
            callers=lambda: flow_watch.by_text(self._standings()),
            file_message=self.office.messages.file,
            looks=StoredLooks(self._store),
            rules=console_rules(settings.console, pair, self._registrar.url),
            endpoints=(
                *self._supervision.endpoints(),
                *self.office.for_pages(),
                *self._outreach.for_pages(),
                *self._at_rest.endpoints(),
                *self._trunk_page.endpoints(),
            ),
            link=link_of(settings.pop),
            notes=StoredNotes(self._store, self.clock),
            dispositions=self.during_call.dispositions,
            library=self.during_call.knowledge,
            scripts=self.during_call.scripts,
            registrar=self._registrar,
            moves=self._handing_over,
            of_desks=self._of_desks(settings),
            more=self._outreach.pages(*self.office.more_pages(), self._at_rest.page(), self._trunk_page.page()),
        )

    def _reader(self, node: AsteriskNode, log_folder: Path) -> ReadIn:
        """Reads in what this node's own queue served without us."""
        return ReadIn(
            node.name,
            log_folder,
            self._store,
            submit=self.submit,
            lane_of=self._lane_of,
            clock=self.clock,
            peers=self._others(node),
        )

    def submit(self, event: Event) -> None:
        """Every event comes in here."""
        self.pump.submit(event)

    def _from_node(self, node: str, event: Event) -> None:
        """A picture of the node waits for the node's logs, which know how the calls that are missing ended."""
        if isinstance(event, NodeSnapshot) and (reader := self.readers.get(node)):
            reader.pictured(event)
        else:
            self.submit(event)

    async def run(self) -> None:
        """Start everything, in the order in which one thing needs the other; stop it in reverse."""
        await self.recorder.take_in()
        recovered = await self._store.open_interactions()
        alive_at = await self._store.last_alive() or 0.0
        self.submit(CallsRecovered(recovered, alive_at, await self._store.open_callbacks()))
        owed = await self.during_call.recovered()
        self.submit(owed)
        await self.after_call.recovered(owed.dispositions, self._store)
        await self._logins.learn_all(self.console.admission)
        async with asyncio.TaskGroup() as tasks, self._listening():
            tasks.create_task(self._logins.run(self.console.admission, self._store.account_news()))
            tasks.create_task(self.recorder.run())
            tasks.create_task(self.pump.run())
            for gateway in self.gateways.values():
                gateway.recover(recovered)
                tasks.create_task(gateway.run())
            for work in (
                stay_alive(self._store, self.clock),
                self.flows.run(),
                self._registrar.run(self.gateways),
                *self.live.works(self.after_call),
                *self.outward.works(),
                *self.during_call.works(),
                *self.office.works(),
                *self._outreach.works(),
                *self._at_rest.works(),
                *self.trunks.works(),
                *scheduled_probes.works(self._settings, self._store, self.metrics, self.clock, self.trunks.probed),
                *([self._tls.watch()] if self._tls else []),
                self.audit.run(),
                *(reader.run() for reader in self.readers.values()),
            ):
                tasks.create_task(work)
            await asyncio.Event().wait()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        settings = self._settings
        try:
            agi_port = await listen(self.agi.start(), settings.agi_listen, "agi_listen")
            console, tls = settings.console_listen, self._tls.context if self._tls else None
            console_port = await listen(self.console.start(console.host, console.port, tls), console, "console_listen")
            await self._site(metrics_app(self.metrics.registry), settings.metrics_listen, "metrics_listen")
            if settings.api_tokens or any(self.office.tickets.routes()):
                await self._site(self._api(), settings.api_listen, "api_listen")
            log.info("server.ready", agi_port=agi_port, console_port=console_port, metrics=str(settings.metrics_listen))
            yield
        finally:
            await self.agi.stop()  # Asterisk's own queue takes the callers from here
            await self.console.stop()
            for runner in self._runners:
                await runner.cleanup()
            await self.recorder.drain(DRAIN_S)
            await self.audit.drain(DRAIN_S)
            await self.outward.drain(DRAIN_S)
            self._speech.close()

    async def _site(self, app: web.Application, address: Listen, setting: str) -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        self._runners.append(runner)
        await listen(web.TCPSite(runner, address.host, address.port).start(), address, setting)

    def _new_id(self) -> InteractionId:
        return new_interaction_id(self.clock(), random.SystemRandom())

    def _call_back_desk(self, settings: Settings) -> CallBackDesk:
        return CallBackDesk(
            self._store,
            own=settings.numbers,
            receive_only=lambda: self.flows.serving.flows.receive_only,
            submit=self.submit,
            place=lambda number: self.engine.call_back(number, self.clock()),
            new_id=self._new_id,
            clock=self.clock,
        )

    def _of_desks(self, settings: Settings) -> DeskEndpoints:
        shelf, nodes = lambda: self.flows.serving.flows.receive_only, self.gateways
        return DeskEndpoints(
            settings, self._store, self._finding, nodes, shelf, self.submit, self._new_id, self.clock, self.quality
        )

    def _api(self) -> web.Application:
        tokens = {name: token.get_secret_value() for name, token in self._settings.api_tokens.items()}
        call_backs = CallBackApi(self.call_backs, self._settings.queues, self._new_id, self.clock)
        ours = (*self.office.for_programs(), *self._outreach.for_programs())
        endpoints = (*self._supervision.endpoints(), *ours, *call_backs.endpoints())
        return api.app(tokens, endpoints, self.office.tickets.routes())

    def _gateway(self, node: AsteriskNode) -> Gateway:
        return Gateway(
            node.name,
            ami=AmiSettings(node.host, node.ami_port, node.username, node.secret.get_secret_value()),
            submit=functools.partial(self._from_node, node.name),
            flow_for=self.flows.flow_for,
            speak=self._speech.speak,
            together=self._speech.together,
            calendar=self._opening.current,
            facts=self._facts,
            clock=self.clock,
            rtcp=self.quality.heard,
            codec=self.quality.codec,
            peers=self._others(node),
            attempt_at=self._attempt,
            joined=self.quality.joined,
            asking=Asking(self._house.answer, self._keep),
            tapes=self._at_rest.tapes,
            announce=self._announce,
            handed_over=self._handing_over.of,
            trunk=node.trunk or "",
            phones=self._registrar.phones,
            visit_of=self._visits.visit_of,
            of_trunk=self.trunks.heard,
        )

    def _announce(self, interaction: InteractionId) -> Minutes | None:
        return self.engine.announce(interaction, self.clock())

    def _keep(self, asker: Asker, answer: KeepAnswer) -> None:
        now = self.clock()
        self.recorder.put(SurveyAnswer(asker.interaction, answer.survey, answer.value, now), now)

    def _others(self, node: AsteriskNode) -> frozenset[str]:
        return frozenset(each.name for each in self._settings.asterisk if each is not node)

    async def _facts(self, did: str, caller: str | None) -> Facts:
        """What the flow may know before it says its first word."""
        customer = (await self._directory.card(caller)).customer
        since = self.clock() - self._settings.repeat_within_s
        return Facts(
            did,
            accessibility=self._settings.numbers[did].accessibility or bool(customer and customer.accessibility),
            customer=customer.number if customer else None,
            language=self._settings.numbers[did].language,
            repeat=caller is not None and await self._store.called_in_vain(caller, since),
            survey=await self._outreach.asks_after_call(customer, caller),
        )

    def _flow_set(self) -> FlowSet:
        return self.flows.serving.flows

    def _served(self) -> Served:
        serving = self.flows.serving
        return Served(tuple(serving.flows.flows.values()), serving.problem)

    def _standings(self) -> Iterator[Standing]:
        return (standing for gateway in self.gateways.values() for standing in gateway.standings())

    def _execute(self, command: Command, _now: float) -> None:
        if isinstance(command, RingFirst):
            self.gateways[command.node].ring_first(command)
        if isinstance(command, HangUpLeg):
            self.gateways[command.node].hang_up_leg(command)
        if isinstance(command, ForSession):
            for gateway in self.gateways.values():
                if gateway.execute(command):
                    return
            log.warning("call.not_here", command=type(command).__name__, interaction=command.interaction)

    def _follow(self, command: Command, now: float) -> None:
        for reader in self.readers.values():
            reader.publish(command, now)

    def _lane_of(self, did: str) -> Lane:
        number = self._settings.numbers.get(did)
        return Lane.ACCESSIBILITY if number and number.accessibility else Lane.STANDARD

    def _attempt(self, interaction: InteractionId) -> Attempt | None:
        """The dial under way for a caller, whichever node has that caller."""
        return next((found for each in self.gateways.values() if (found := each.attempt(interaction))), None)

    def _resynchronise(self) -> None:
        for gateway in self.gateways.values():
            gateway.resynchronise()
