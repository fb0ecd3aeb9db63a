// Plots by uPlot: lines over time and bars of a distribution, each with a legend, a word for who does not see it, and
// the same figures as a table. Lines differ by colour and by dashes.

import uPlot from "uplot";
import { byId, make, makeForeign, show } from "./dom";
import { figure } from "./quality_words";

export interface Line {
  label: string;
  values: (number | null)[];
}

const COLOURS = ["--accent", "--bad", "--wait", "--go", "--care", "--quiet"];
const DASHES = [[], [8, 4], [2, 3], [12, 3, 2, 3]];
const HEIGHT = 256;
const drawn = new Map<string, { plot: uPlot; watch: ResizeObserver }>();

/** What a variable of the style sheet is in the present theme. */
function colour(name: string): string {
  const probe = make("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const colourOf = (at: number): string => colour(COLOURS[at % COLOURS.length] ?? "--accent");
const dashOf = (at: number): number[] => DASHES[Math.floor(at / COLOURS.length + at) % DASHES.length] ?? [];

function axis(more: uPlot.Axis): uPlot.Axis {
  const line = { stroke: colour("--hair"), width: 1 };
  return { stroke: colour("--quiet"), grid: line, ticks: line, font: "14px system-ui, sans-serif", ...more };
}

function legend(prefix: string, lines: readonly Line[]): void {
  const entries = lines.map(({ label }, at) => {
    const entry = make("li");
    const swatch = make("span", "swatch");
    swatch.style.borderTopColor = colourOf(at);
    swatch.style.borderTopStyle = dashOf(at).length ? "dashed" : "solid";
    swatch.ariaHidden = "true";
    entry.append(swatch, makeForeign("span", "", label));
    return entry;
  });
  byId(`${prefix}-legend`).replaceChildren(...entries);
}

function remove(prefix: string): void {
  const before = drawn.get(prefix);
  before?.watch.disconnect();
  before?.plot.destroy();
  drawn.delete(prefix);
}

function draw(prefix: string, options: Omit<uPlot.Options, "width" | "height">, data: uPlot.AlignedData, label: string): void {
  const place = byId(`${prefix}-plot`);
  place.setAttribute("aria-label", label);
  const width = (): number => Math.max(200, Math.floor(place.clientWidth));
  const quiet = { legend: { show: false }, cursor: { show: false } };
  const plot = new uPlot({ ...quiet, ...options, width: width(), height: HEIGHT }, data, place);
  const watch = new ResizeObserver(() => plot.setSize({ width: width(), height: HEIGHT }));
  watch.observe(place);
  drawn.set(prefix, { plot, watch });
}

/** Nothing in it: says so in place of the plot. Whether there is something. */
function prepare(prefix: string, lines: readonly Line[]): boolean {
  remove(prefix);
  const any = lines.some(({ values }) => values.some((value) => value !== null));
  show(byId(`${prefix}-none`), !any);
  legend(prefix, any ? lines : []);
  return any;
}

/** Lines over `times` (seconds since the epoch), each written by `written`. */
export function drawLines(
  prefix: string,
  times: readonly number[],
  lines: readonly Line[],
  label: string,
  written: (at: number) => string,
): void {
  if (!prepare(prefix, lines)) return;
  const series = lines.map((_, at) => ({
    stroke: colourOf(at),
    dash: dashOf(at),
    width: 2,
    points: { show: true, size: 6, fill: colourOf(at) },
  }));
  const options = {
    axes: [axis({ space: 90, values: (_: uPlot, at: number[]) => at.map(written) }), axis({ size: 64, values: (_: uPlot, at: number[]) => at.map(figure) })],
    scales: { y: { range: (_: uPlot, low: number, high: number) => span(low, high) } },
    series: [{}, ...series],
  };
  draw(prefix, options, [[...times], ...lines.map(({ values }) => values)], label);
}

/** Room above, and from 0 on unless all is far above it. */
function span(low: number, high: number): [number, number] {
  const from = low > high / 2 ? Math.max(0, low - (high - low || 1) * 0.2) : 0;
  return [from, high + (high - from) * 0.1 || 1];
}

/** So many names that they do not run into one another. */
function spaced(names: readonly string[], width: number): string[] {
  const every = Math.ceil((names.length * 34) / width);
  return names.map((name, at) => (at % every ? "" : name));
}

/** For each bin one bar of each line, side by side. */
export function drawBars(prefix: string, bins: readonly string[], lines: readonly Line[], label: string): void {
  if (!prepare(prefix, lines)) return;
  const step = lines.length + 1;
  const places = bins.flatMap((_, bin) => lines.map((_each, at) => bin * step + at));
  const centre = (lines.length - 1) / 2;
  const bars = uPlot.paths.bars?.({ size: [0.9, 64] });
  const series = lines.map((_, at) => ({
    stroke: colourOf(at),
    fill: colourOf(at),
    points: { show: false },
    ...(bars ? { paths: bars } : {}),
  }));
  const spread = lines.map(({ values }, line) =>
    bins.flatMap((_, bin) => lines.map((_each, at) => (at === line ? (values[bin] ?? null) : null))),
  );
  const splits = bins.map((_, bin) => bin * step + centre);
  const options = {
    axes: [
      axis({ splits: () => splits, values: (plot) => spaced(bins, plot.width), rotate: -45, size: 76, grid: { show: false } }),
      axis({ size: 64, values: (_: uPlot, at: number[]) => at.map(figure) }),
    ],
    scales: {
      x: { time: false, range: (): [number, number] => [-1, bins.length * step - 1] },
      y: { range: (_: uPlot, _low: number, high: number): [number, number] => [0, high * 1.1 || 1] },
    },
    series: [{}, ...series],
  };
  draw(prefix, options, [places, ...spread], label);
}

/** The figures of a plot: one row for each name. */
export function fillTable(
  prefix: string,
  head: readonly string[],
  names: readonly string[],
  lines: readonly Line[],
  shown: (value: number | null) => string,
): void {
  const heads = make("tr");
  heads.append(
    ...head.map((each) => {
      const cell = makeForeign("th", "", each);
      cell.scope = "col";
      return cell;
    }),
  );
  byId(`${prefix}-head`).replaceChildren(heads);
  const rows = names.map((name, at) => {
    const row = make("tr");
    const title = make("th", "", name);
    title.scope = "row";
    row.append(title, ...lines.map(({ values }) => make("td", "", shown(values[at] ?? null))));
    return row;
  });
  byId(`${prefix}-rows`).replaceChildren(...rows);
}
