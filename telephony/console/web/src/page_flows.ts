// The watcher's page: asks every 2 s how many callers are where, and shows it in the picture and in the table.

import table from "../texts/flows.json";
import { byId, setText, show } from "./dom";
import { fill, plural, words } from "./texts";
import { secondTime } from "./times";

const POLL_MS = 2000;
const ANSWER_MS = 5000;

interface Figures {
  revision: string;
  problem: string;
  total: number;
  earlier: number;
  counts: Readonly<Record<string, number>>;
}

const t = words(table);
const { callers = "", revision } = document.body.dataset;

let tag = "";
let waiting = 0;
let asking = false;
let over = false;

function draw({ counts, total, earlier, problem }: Figures): void {
  setText(byId("problem-text"), problem);
  show(byId("problem"), Boolean(problem));
  drawRows(counts);
  drawNodes(counts);
  if (!document.getElementById("total")) return;
  setText(byId("total"), String(total));
  setText(byId("total-words"), t[`now_${plural(total)}`]);
  setText(byId("earlier"), earlier ? fill(t.earlier, { count: earlier }) : "");
}

function drawRows(counts: Figures["counts"]): void {
  for (const row of document.querySelectorAll<HTMLElement>("[data-row]")) {
    const cell = row.querySelector<HTMLElement>(".count-cell");
    const count = counts[row.dataset["row"] ?? ""] ?? 0;
    if (!cell) continue;
    setText(cell, String(count));
    cell.dataset["callers"] = String(count);
  }
}

function drawNodes(counts: Figures["counts"]): void {
  for (const node of document.querySelectorAll<SVGElement>("svg [data-node]")) {
    const count = counts[node.dataset["node"] ?? ""] ?? 0;
    if (count) node.dataset["callers"] = String(count);
    else delete node.dataset["callers"];
    const text = node.querySelector(".count-text");
    if (text) setText(text, count ? String(count) : "");
  }
}

function tell(text: string, { end = false } = {}): void {
  over ||= end;
  setText(byId("told"), text);
  show(byId("told"), Boolean(text));
}

async function ask(): Promise<void> {
  const headers: HeadersInit = tag ? { "If-None-Match": tag } : {};
  const answer = await fetch(callers, { headers, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
  if (answer.status === 401) return tell(t.session_over, { end: true });
  if (answer.status === 404) return tell(t.gone, { end: true });
  if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
  if (answer.status !== 304) {
    const figures = (await answer.json()) as Figures;
    tag = answer.headers.get("ETag") ?? "";
    draw(figures);
    tell(figures.revision === revision ? "" : t.newer);
  }
  setText(byId("as-of"), fill(t.as_of, { time: secondTime(Date.now() / 1000) }));
}

async function poll(): Promise<void> {
  if (asking || over || document.hidden) return;
  clearTimeout(waiting);
  asking = true;
  try {
    await ask();
  } catch {
    tell(t.offline);
    tag = ""; // the next answer says everything anew
  }
  asking = false;
  if (!over) waiting = setTimeout(() => void poll(), POLL_MS);
}

document.addEventListener("visibilitychange", () => void poll());

const fit = document.getElementById("fit");
if (fit) {
  fit.hidden = false;
  fit.addEventListener("click", () => {
    const whole = byId("picture").toggleAttribute("data-fit");
    fit.setAttribute("aria-pressed", String(whole));
  });
}

void poll();
