// One call: what was wrong and when, its figures over time, its legs, and what Asterisk and the line did.

import { byId, make, makeForeign, setText, show } from "./dom";
import { queueTitle } from "./queue_titles";
import { figure, finding, findings, measureName, percent, sourceName, t, verdictName, way, type Measure } from "./quality_words";
import { fill, lookUp } from "./texts";
import { moment, secondTime } from "./times";
import { drawLines, type Line } from "./view_plot";

interface Interval {
  leg: string;
  direction: string;
  starts_at: number;
  seconds: number;
  loss_ratio: number | null;
  late_ratio: number | null;
  jitter_ms: number | null;
  delay_ms: number | null;
  mos_lq: number | null;
  verdict: string;
  verdicts: string[];
  capture_drops: number | null;
}

interface LadderStep {
  at: number;
  src: string;
  dst: string;
  message: string;
}

interface Leg {
  leg: string;
  direction: string;
  codec: string;
  source: string;
  verdict: string;
  loss_ratio: number | null;
  jitter_ms: number | null;
  mos_lq: number | null;
  mos_worst_10s: number | null;
}

export interface CallSound {
  interaction: string;
  node: string;
  trunk: string | null;
  queue: string | null;
  outcome: string | null;
  codec: string;
  steps: { at: number; step: string; until: number | null }[];
  legs: Leg[];
  intervals: Interval[];
  ladder: LadderStep[] | null;
}

let call: CallSound | undefined;

const VALUES: Record<string, (of: Interval) => number | null> = {
  loss: ({ loss_ratio: ratio }) => percent(ratio),
  late: ({ late_ratio: ratio }) => percent(ratio),
  jitter: ({ jitter_ms: value }) => value,
  delay: ({ delay_ms: value }) => value,
  mos: ({ mos_lq: value }) => value,
};

export function drawCall(sounded: CallSound): void {
  call = sounded;
  const [first] = sounded.steps;
  setText(byId("one-title"), fill(t.one, { time: first ? moment(first.at) : "" }));
  byId<HTMLAnchorElement>("evidence").href = `/api/console/quality/calls/${encodeURIComponent(sounded.interaction)}/evidence`;
  drawFacts(sounded);
  const wrong = together(sounded.intervals.filter(({ verdicts }) => verdicts.length > 0));
  show(byId("found-none"), wrong.length === 0);
  byId("found").replaceChildren(...wrong.map(foundLine));
  byId("intervals").replaceChildren(...sounded.intervals.map(intervalRow));
  byId("legs").replaceChildren(...sounded.legs.map(legRow));
  byId("steps").replaceChildren(...sounded.steps.map(stepLine));
  drawLadder(sounded.ladder);
  show(byId("one"), true);
  drawTimeLine();
}

function drawFacts(of: CallSound): void {
  const queue = of.queue ? queueTitle(of.queue, of.queue) : figure(null);
  const known: [string, string][] = [
    [t.id, of.interaction],
    [t.node, of.node],
    [t.trunk, of.trunk ?? t.no_trunk],
    [t.queue, queue],
    [t.codec, of.codec],
  ];
  const facts = known.map(([name, value]) => {
    const group = make("div");
    group.append(make("dt", "", name), makeForeign("dd", "", value));
    return group;
  });
  byId("one-facts").replaceChildren(...facts);
}

/** What went on without a break in one direction is one line. */
function together(found: readonly Interval[]): Interval[] {
  const spans: Interval[] = [];
  for (const each of found) {
    const alike = ({ leg, direction, verdicts, capture_drops: drops }: Interval): string =>
      JSON.stringify([leg, direction, verdicts, Boolean(drops)]);
    const last = spans.findLast((span) => alike(span) === alike(each));
    if (last && each.starts_at <= last.starts_at + last.seconds + 1) last.seconds = each.starts_at + each.seconds - last.starts_at;
    else spans.push({ ...each });
  }
  return spans;
}

function foundLine(each: Interval): HTMLElement {
  const what = findings(each.verdicts) + (each.capture_drops ? ` (${t.marked})` : "");
  const [from, to] = [secondTime(each.starts_at), secondTime(each.starts_at + each.seconds)];
  return make("li", "", fill(t.found_line, { from, to, way: way(each.leg, each.direction), what }));
}

/** The chosen figure, a line for each direction of each leg. */
export function drawTimeLine(): void {
  if (!call) return;
  const measure = byId<HTMLSelectElement>("line-measure").value as Measure;
  const valueOf = VALUES[measure] ?? (() => null);
  const times = [...new Set(call.intervals.map(({ starts_at: at }) => at))].sort((a, b) => a - b);
  const ways = [...new Set(call.intervals.map(({ leg, direction }) => way(leg, direction)))];
  const lines: Line[] = ways.map((label) => {
    const values = new Map<number, number | null>();
    for (const each of call?.intervals ?? []) {
      if (way(each.leg, each.direction) === label) values.set(each.starts_at, valueOf(each));
    }
    return { label, values: times.map((at) => values.get(at) ?? null) };
  });
  const label = fill(t.plot_time, { measure: measureName(measure), lines: ways.join(", ") });
  drawLines("line", times, joined(lines), label, secondTime);
}

/** Directions are told at moments of their own: a line goes on over what only others have. */
function joined(lines: readonly Line[]): Line[] {
  return lines.map(({ label, values }) => {
    let last: number | null = null;
    const end = values.findLastIndex((value) => value !== null);
    return { label, values: values.map((value, at) => (last = at > end ? null : (value ?? last))) };
  });
}

function verdictCell(verdict: string, more: readonly string[] = []): HTMLElement {
  const cell = make("td", "words");
  const word = make("span", "verdict", verdictName(verdict));
  word.dataset["verdict"] = verdict;
  cell.append(word, more.length ? `: ${more.map(finding).join(", ")}` : "");
  return cell;
}

function intervalRow(each: Interval): HTMLElement {
  const row = make("tr");
  const head = make("th", "", secondTime(each.starts_at));
  head.scope = "row";
  const figures = ["loss", "late", "jitter", "delay", "mos"].map((name) => figure(VALUES[name]?.(each) ?? null));
  row.append(
    head,
    make("td", "", way(each.leg, each.direction)),
    ...figures.map((text) => make("td", "", text)),
    verdictCell(each.verdict, each.verdicts),
  );
  return row;
}

function legRow(each: Leg): HTMLElement {
  const row = make("tr");
  const head = make("th", "", way(each.leg, each.direction));
  head.scope = "row";
  const figures = [each.mos_lq, each.mos_worst_10s, percent(each.loss_ratio), each.jitter_ms].map(figure);
  row.append(
    head,
    makeForeign("td", "", each.codec),
    ...figures.map((text) => make("td", "", text)),
    make("td", "", sourceName(each.source)),
    verdictCell(each.verdict),
  );
  return row;
}

/** A column for each host in the order in which they appear, an arrow for each message. */
function drawLadder(ladder: readonly LadderStep[] | null): void {
  const steps = ladder ?? [];
  show(byId("ladder-unknown"), ladder === null);
  show(byId("ladder-none"), ladder?.length === 0);
  show(byId("ladder-table"), steps.length > 0);
  const hosts = [...new Set(steps.flatMap(({ src, dst }) => [src, dst]))];
  const head = make("tr");
  head.append(
    ...[t.time, ...hosts].map((name) => {
      const cell = makeForeign("th", "", name);
      cell.scope = "col";
      return cell;
    }),
  );
  byId("ladder-head").replaceChildren(head);
  byId("ladder").replaceChildren(...steps.map((step) => ladderRow(step, hosts)));
}

function ladderRow({ at, src, dst, message }: LadderStep, hosts: readonly string[]): HTMLElement {
  const [from, to] = [hosts.indexOf(src), hosts.indexOf(dst)];
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  const row = make("tr");
  const time = make("th", "", secondTime(at));
  time.scope = "row";
  const arrow = make("td", from > to ? "arrow arrow-back" : "arrow");
  arrow.colSpan = last - first + 1;
  arrow.append(make("span", "unseen", fill(t.ladder_step, { src, dst })), makeForeign("span", "", message));
  const gaps = (count: number): HTMLElement[] => Array.from({ length: count }, () => make("td"));
  row.append(time, ...gaps(first), arrow, ...gaps(hosts.length - 1 - last));
  return row;
}

function stepLine({ at, step, until }: CallSound["steps"][number]): HTMLElement {
  const line = make("li");
  const time = make("time", "", secondTime(at));
  time.dateTime = new Date(at * 1000).toISOString();
  const text = lookUp(t, `s_${step}`, t.s_other);
  line.append(time, " ", fill(text, { until: until === null ? t.now : secondTime(until) }));
  return line;
}
