// The page for network engineers: how calls sounded over time, how figures are distributed, the worst calls, one of them.

import { Problem, get } from "./api";
import { tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, show } from "./dom";
import { queueTitle } from "./queue_titles";
import { figure, findings, measureName, mosOf, percent, scaleName, t, way, type Measure } from "./quality_words";
import { leave } from "./session";
import { fill } from "./texts";
import { clockTime, duration, moment } from "./times";
import { drawBars, drawLines, fillTable, type Line } from "./view_plot";
import { drawCall, drawTimeLine, type CallSound } from "./view_sounded_call";

interface Point {
  at: number;
  trunk: string | null;
  leg: string;
  direction: string;
  scale: string | null;
  seconds: number;
  bad_s: number;
  mos_lq: number | null;
  packets_expected: number;
  packets_lost: number;
  jitter_ms: number | null;
  delay_ms: number | null;
}

interface Spread {
  edges: number[];
  scales: { scale: string | null; intervals: number[] }[];
}

interface Worst {
  interaction: string;
  begun_at: number;
  ended_at: number;
  trunk: string | null;
  queue: string | null;
  bad_s: number;
  mos_nb: number | null;
  mos_wb: number | null;
  mos_fb: number | null;
  loss_most: number | null;
  verdicts: string[];
}

const DAY_S = 86_400;
let points: Point[] = [];

const chosen = (id: string): string => byId<HTMLSelectElement>(id).value;

function asked(more: Readonly<Record<string, string>> = {}): string {
  const trunk = chosen("trunk");
  return new URLSearchParams({ hours: chosen("hours"), ...(trunk ? { trunk } : {}), ...more }).toString();
}

/** Run what asks the server; what is refused is told at the form. */
async function attempt(work: () => Promise<void>): Promise<void> {
  tellProblem("choose-error", "");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return leave();
    tellProblem("choose-error", error.status > 0 ? error.message : t.offline);
  }
}

// -- over time ---------------------------------------------------------------------------------------------------------

/** A mean weighted by call time; what is not known does not count. */
function mean(of: readonly Point[], value: (each: Point) => number | null): number | null {
  let [sum, seconds] = [0, 0];
  for (const each of of) {
    const known = value(each);
    if (known === null) continue;
    sum += known * each.seconds;
    seconds += each.seconds;
  }
  return seconds > 0 ? sum / seconds : null;
}

function ratio(of: readonly Point[], part: (each: Point) => number, whole: (each: Point) => number): number | null {
  const all = of.reduce((sum, each) => sum + whole(each), 0);
  return all > 0 ? (100 * of.reduce((sum, each) => sum + part(each), 0)) / all : null;
}

function value(measure: Measure, of: readonly Point[]): number | null {
  if (measure === "bad") return ratio(of, (each) => each.bad_s, (each) => each.seconds);
  if (measure === "loss") return ratio(of, (each) => each.packets_lost, (each) => each.packets_expected);
  if (measure === "mos") return mean(of, (each) => each.mos_lq);
  return mean(of, (each) => (measure === "jitter" ? each.jitter_ms : each.delay_ms));
}

/** One line for each trunk and one for consultants; of one trunk alone, one for each direction. MOS by scale, too. */
function lineOf(measure: Measure, each: Point): string | null {
  const trunk = chosen("trunk");
  if (trunk && each.trunk !== trunk) return null;
  if (measure === "mos" && each.mos_lq === null) return null;
  const who = each.leg === "agent" ? t.consultants : (each.trunk ?? t.no_trunk);
  const name = trunk ? way(each.leg, each.direction) : who;
  return measure === "mos" ? `${name}, ${scaleName(each.scale)}` : name;
}

function drawTime(): void {
  const measure = chosen("time-measure") as Measure;
  const groups = new Map<string, Map<number, Point[]>>();
  for (const each of points) {
    const name = lineOf(measure, each);
    if (name === null) continue;
    const steps = groups.get(name) ?? new Map<number, Point[]>();
    groups.set(name, steps.set(each.at, [...(steps.get(each.at) ?? []), each]));
  }
  const times = [...new Set(points.map(({ at }) => at))].sort((a, b) => a - b);
  const lines: Line[] = [...groups].map(([label, steps]) => ({
    label,
    values: times.map((at) => value(measure, steps.get(at) ?? [])),
  }));
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const written = last - first > DAY_S / 2 ? moment : clockTime;
  const label = fill(t.plot_time, { measure: measureName(measure), lines: lines.map((each) => each.label).join(", ") });
  drawLines("time", times, lines, label, written);
  fillTable("time", [t.time, ...lines.map((each) => each.label)], times.map(moment), lines, figure);
}

/** The trunks that calls came over, the chosen one stays. */
function drawTrunks(): void {
  const select = byId<HTMLSelectElement>("trunk");
  const kept = select.value;
  const trunks = points.flatMap(({ trunk }) => (trunk === null ? [] : [trunk]));
  const names = [...new Set([...trunks, ...(kept ? [kept] : [])])].sort();
  const [all] = select.options;
  const options = names.map((name) => new Option(name, name, false, name === kept));
  select.replaceChildren(...(all ? [all] : []), ...options);
}

// -- distribution ------------------------------------------------------------------------------------------------------

function bins(measure: string, edges: readonly number[]): string[] {
  const share = measure === "loss" || measure === "late";
  const shown = edges.map((edge) => figure(share ? edge * 100 : edge));
  const below = share ? t.zero : fill(t.below, { to: shown[0] ?? "" });
  const between = shown.slice(1).map((to, at) => fill(t.between, { from: shown[at] ?? "", to }));
  return [below, ...between, fill(t.from, { from: shown.at(-1) ?? "" })];
}

async function loadSpread(): Promise<void> {
  const measure = chosen("spread-measure");
  const { edges, scales } = await get<Spread>(`quality/spread?${asked({ measure })}`);
  const lines = scales.map(({ scale, intervals }) => ({ label: scaleName(scale), values: intervals }));
  const names = bins(measure, edges);
  drawBars("spread", names, lines, fill(t.plot_spread, { measure: measureName(measure) }));
  const heads = lines.map(({ label }) => `${label}, ${t.intervals}`);
  fillTable("spread", [t.range, ...heads], lines.length ? names : [], lines, figure);
}

// -- calls -------------------------------------------------------------------------------------------------------------

function row(call: Worst): HTMLElement {
  const line = make("tr");
  const head = make("th", "", moment(call.begun_at));
  head.scope = "row";
  const button = make("button", "button", t.open);
  button.type = "button";
  button.setAttribute("aria-label", fill(t.open_one, { time: moment(call.begun_at) }));
  button.addEventListener("click", () => void attempt(() => open(call.interaction)));
  const cell = make("td");
  cell.append(button);
  line.append(
    head,
    make("td", "", duration(call.ended_at - call.begun_at)),
    makeForeign("td", "", call.trunk ?? t.no_trunk),
    makeForeign("td", "", call.queue ? queueTitle(call.queue, call.queue) : figure(null)),
    make("td", "", duration(call.bad_s)),
    make("td", "", mosOf(call)),
    make("td", "", call.loss_most === null ? figure(null) : `${figure(percent(call.loss_most))} %`),
    makeForeign("td", "words", findings(call.verdicts)),
    cell,
  );
  return line;
}

async function open(interaction: string): Promise<void> {
  drawCall(await get<CallSound>(`quality/calls/${encodeURIComponent(interaction)}`));
  byId("one-title").focus();
}

async function load(): Promise<void> {
  byId<HTMLAnchorElement>("records").href = `/api/console/quality/records?${asked()}`;
  const time = get<{ points: Point[] }>(`quality/time?hours=${chosen("hours")}`);
  const worst = get<{ calls: Worst[] }>(`quality/calls?${asked()}`);
  const [{ points: told }, { calls }] = await Promise.all([time, worst, loadSpread()]);
  points = told;
  drawTrunks();
  drawTime();
  byId("worst").replaceChildren(...calls.map(row));
  show(byId("worst-none"), calls.length === 0);
  show(byId("worst-table"), calls.length > 0);
  say(byId("say"), fill(t.found_calls, { count: calls.length }));
}

byId("choose-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(load);
});
byId("time-measure").addEventListener("change", drawTime);
byId("spread-measure").addEventListener("change", () => void attempt(loadSpread));
byId("line-measure").addEventListener("change", drawTimeLine);
void attempt(load);
