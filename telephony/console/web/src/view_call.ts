// The call in hand: who, why, how far it has come.

import table from "../texts/call.json";
import common from "../texts/common.json";
import { byId, setText, show } from "./dom";
import type { Pop, Span, SpanKind } from "./messages";
import { model, now } from "./model";
import { fill, language, words } from "./texts";
import { duration, spokenDuration } from "./times";
import { drawCard } from "./view_card";
import { drawHandOver, handedBy } from "./view_hand_over";
import { drawLineTest } from "./view_line_test";
import { drawNotes } from "./view_notes";
import { drawOutgoing } from "./view_outgoing";
import { drawRecording } from "./view_recording";
import { STAGE, callerName, howItEnded } from "./words";

const t = words(table);
const { accessibility_inline } = words(common);

export function drawCall(): void {
  const pop = model.pop;
  show(byId("idle"), !pop);
  show(byId("pop"), Boolean(pop));
  drawIdle();
  drawRecording();
  drawLineTest();
  drawOutgoing();
  if (!pop) return;
  byId("pop").dataset["lane"] = pop.lane;
  byId("pop").dataset["stage"] = String(STAGE[pop.state] ?? 0);
  drawCaller(pop);
  drawCard(pop.card);
  drawNotes();
  drawHandOver();
  drawStages(pop);
  drawFacts(pop);
  drawCallTimes();
}

function drawFacts(pop: Pop): void {
  setText(byId("did"), pop.did);
  setText(byId("attempt"), `${pop.attempt}.`);
  show(byId("attempt-fact"), pop.attempt > 1);
  show(byId("ticket"), Boolean(pop.ticket));
  setText(byId("ticket-number"), pop.ticket);
  show(byId("why"), Boolean(pop.why));
  setText(byId("why-text"), pop.why);
  show(byId("held-fact"), spansOf(pop, isHold).length > 0);
  show(byId("unknown-fact"), spansOf(pop, isUnknown).length > 0);
}

const isHold = (kind: SpanKind): boolean => kind === "hold";
const isUnknown = (kind: SpanKind): boolean => kind !== "hold";
const spansOf = (pop: Pop, wanted: (kind: SpanKind) => boolean): Span[] => pop.spans.filter(({ kind }) => wanted(kind));
const lasted = (spans: Span[]): number => spans.reduce((sum, span) => sum + (span.to_at ?? now()) - span.from_at, 0);

function drawIdle(): void {
  const ready = model.agent?.state === "available";
  setText(byId("idle-title"), ready ? t.idle_ready : t.idle);
  byId("idle").dataset["ready"] = String(ready);
}

function drawCaller(pop: Pop): void {
  const priority = pop.lane === "accessibility";
  show(byId("badge"), priority);
  show(byId("care"), priority && STAGE[pop.state] < 3);
  setText(byId("topic"), pop.direction === "in" ? pop.queue : fill(t[pop.direction], { queue: pop.queue }));
  drawTrail(pop);
  const name = callerName(pop);
  setText(byId("who"), name);
  setText(byId("number"), name === pop.caller ? "" : pop.caller);
  setText(byId("certainty"), certainty(pop));
  byId("certainty").dataset["identity"] = pop.card?.identity ?? "unknown";
  show(byId("elsewhere"), Boolean(pop.link));
  byId<HTMLAnchorElement>("elsewhere-link").href = pop.link || "#";
}

/** The way through the menu; the department itself is the topic already. */
const steps = (pop: Pop): string[] => pop.trail.map((title) => title[language]).filter((title) => title !== pop.queue);

function drawTrail(pop: Pop): void {
  const titles = steps(pop);
  show(byId("trail"), titles.length > 0);
  setText(byId("trail-text"), titles.join(" › "));
}

/** How surely the caller is known; always in sight. */
function certainty(pop: Pop): string {
  if (!pop.card) return pop.caller ? t.searching : t.nobody_known;
  if (pop.card.identity === "pin") return t.by_pin;
  if (pop.card.identity === "number") return t.by_number;
  return pop.card.available ? t.nobody_known : t.card_away;
}

function drawStages(pop: Pop): void {
  const at = STAGE[pop.state] ?? 0;
  Array.from(byId("stages").children).forEach((item, index) => {
    (item as HTMLElement).dataset["done"] = String(index < at);
    if (index === at) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
}

/** Label and seconds of the big timer. */
function timer(pop: Pop): [string, number | null] {
  const talk_ended_at = pop.talk_ended_at ?? pop.ended_at;
  if (STAGE[pop.state] === 3) {
    return [howItEnded(pop), pop.answered_at && talk_ended_at ? talk_ended_at - pop.answered_at : null];
  }
  if (pop.state === "talking" && pop.answered_at) return [t.lasts, now() - pop.answered_at];
  if (pop.state === "calling") return [t.customer_rings, now() - pop.offered_at];
  return [pop.state === "ringing" ? t.rings : t.offered, now() - pop.offered_at];
}

export function drawCallTimes(): void {
  const pop = model.pop;
  if (!pop) return;
  const [label, seconds] = timer(pop);
  setText(byId("timer-label"), label);
  setText(byId("timer"), seconds === null ? "" : duration(seconds));
  const until = pop.answered_at ?? pop.ended_at ?? now();
  setText(byId("waited"), duration(until - (pop.queued_at ?? pop.arrived_at)));
  setText(byId("held"), duration(lasted(spansOf(pop, isHold))));
  setText(byId("unknown"), unknownText(spansOf(pop, isUnknown)));
}

function unknownText(spans: Span[]): string {
  const last = spans.at(-1);
  if (!last || last.kind === "hold") return "";
  return `${duration(lasted(spans))}, ${t[`unknown_${last.kind}`]}`;
}

const NEW: Readonly<Record<Pop["direction"], string>> = { in: t.new_call, call_back: t.new_call_back, out: t.new_out };

/** What a screen reader says of a new call. */
export function announcement(pop: Pop): string {
  const parts = [pop.shared ? t.new_shared : NEW[pop.direction]];
  if (pop.lane === "accessibility") parts.push(accessibility_inline);
  parts.push(callerName(pop), pop.queue, ...steps(pop));
  parts.push(fill(t.waited, { time: spokenDuration(now() - (pop.queued_at ?? pop.arrived_at)) }));
  if (pop.handed) parts.push(handedBy(pop));
  return `${parts.filter(Boolean).join(", ")}. ${certainty(pop)}`;
}

/** What it says when the card has come after the pop, or is another one's now. */
export const whoItIs = (pop: Pop): string => `${callerName(pop)}. ${certainty(pop)}`;
