// The call in hand: who, why, what is known, how far it has come.

import { byId, make, makeForeign, setText, show } from "./dom.js";
import { model, now } from "./model.js";
import { STAGE, UNKNOWN, callerName, dateOnly, day, duration, howItEnded, spokenDuration } from "./words.js";

const STATUS = { open: "otwarte", pending: "w toku", closed: "zamknięte" };

export function drawCall() {
  const pop = model.pop;
  show(byId("idle"), !pop);
  show(byId("pop"), Boolean(pop));
  drawIdle();
  if (!pop) return;
  byId("pop").dataset.lane = pop.lane;
  byId("pop").dataset.stage = STAGE[pop.state] ?? 0;
  drawCaller(pop);
  drawCard(pop.card);
  drawStages(pop);
  setText(byId("did"), pop.did);
  setText(byId("attempt"), `${pop.attempt}.`);
  show(byId("attempt-fact"), pop.attempt > 1);
  show(byId("ticket"), Boolean(pop.ticket));
  setText(byId("ticket-number"), pop.ticket);
  show(byId("why"), Boolean(pop.why));
  setText(byId("why-text"), pop.why);
  show(byId("held-fact"), spansOf(pop, (kind) => kind === "hold").length > 0);
  show(byId("unknown-fact"), spansOf(pop, (kind) => kind in UNKNOWN).length > 0);
  drawCallTimes();
}

const spansOf = (pop, wanted) => (pop.spans ?? []).filter((span) => wanted(span.kind));

const lasted = (spans) => spans.reduce((sum, span) => sum + (span.to_at ?? now()) - span.from_at, 0);

function drawIdle() {
  const ready = model.agent?.state === "available";
  setText(byId("idle-title"), ready ? "Gotowość do rozmowy" : "Tu pojawi się rozmowa");
  const next = "Karta klienta otworzy się, zanim zadzwoni telefon.";
  setText(byId("idle-text"), next);
  byId("idle").dataset.ready = ready;
}

function drawCaller(pop) {
  const priority = pop.lane === "accessibility";
  show(byId("badge"), priority);
  show(byId("care"), priority && STAGE[pop.state] < 3);
  setText(byId("topic"), pop.queue);
  const name = callerName(pop);
  setText(byId("who"), name);
  setText(byId("number"), name === pop.caller ? "" : pop.caller);
  setText(byId("certainty"), certainty(pop));
}

function certainty(pop) {
  if (!pop.card && pop.caller) return "Szukam w bazie klientów…";
  if (pop.card?.customer) return "Rozpoznanie po numerze telefonu. Tożsamość niepotwierdzona.";
  return pop.card?.available === false ? "Karta klienta nie odpowiada, rozmowę można prowadzić bez niej." : "";
}

function drawCard(card) {
  const customer = card?.customer;
  show(byId("card"), Boolean(customer));
  if (!customer) return;
  setText(byId("customer-number"), customer.number);
  setText(byId("customer-address"), customer.address);
  setText(byId("customer-since"), dateOnly(customer.since));
  byId("services").replaceChildren(...customer.services.map((name) => makeForeign("li", "", name)));
  byId("tickets").replaceChildren(...card.tickets.map(ticketItem));
  show(byId("no-tickets"), card.tickets.length === 0);
}

function ticketItem(ticket) {
  const item = make("li");
  const head = make("p", "ticket-head");
  head.append(make("strong", "", ticket.number), make("span", "quiet", STATUS[ticket.status] ?? ticket.status));
  item.append(head, makeForeign("p", "", ticket.subject), make("p", "quiet", day(ticket.opened_at)));
  return item;
}

function drawStages(pop) {
  const at = STAGE[pop.state] ?? 0;
  [...byId("stages").children].forEach((item, index) => {
    item.dataset.done = index < at;
    if (index === at) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
}

/** Label and seconds of the big timer. */
function timer(pop) {
  if (STAGE[pop.state] === 3) {
    const length = pop.answered_at ? (pop.talk_ended_at ?? pop.ended_at) - pop.answered_at : null;
    return [howItEnded(pop), length];
  }
  if (pop.state === "talking") return ["Rozmowa trwa", now() - pop.answered_at];
  return [pop.state === "ringing" ? "Telefon dzwoni" : "Oferta", now() - pop.offered_at];
}

export function drawCallTimes() {
  const pop = model.pop;
  if (!pop) return;
  const [label, seconds] = timer(pop);
  setText(byId("timer-label"), label);
  setText(byId("timer"), seconds === null ? "" : duration(seconds));
  const until = pop.answered_at ?? pop.ended_at ?? now();
  setText(byId("waited"), duration(until - (pop.queued_at ?? pop.arrived_at)));
  setText(byId("held"), duration(lasted(spansOf(pop, (kind) => kind === "hold"))));
  const unknown = spansOf(pop, (kind) => kind in UNKNOWN);
  setText(byId("unknown"), unknown.length ? `${duration(lasted(unknown))}, ${UNKNOWN[unknown.at(-1).kind]}` : "");
}

/** What a screen reader says of a new call. */
export function announcement(pop) {
  const parts = ["Nowa rozmowa"];
  if (pop.lane === "accessibility") parts.push("wsparcie dostępności");
  parts.push(callerName(pop), pop.queue);
  parts.push(`w kolejce ${spokenDuration(now() - (pop.queued_at ?? pop.arrived_at))}`);
  return `${parts.filter(Boolean).join(", ")}.`;
}
