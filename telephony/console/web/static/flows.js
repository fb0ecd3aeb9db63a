// The watcher's page: asks every 2 s how many callers are where, and shows it in the picture and in the table.

import { byId, setText, show } from "./dom.js";

const POLL_MS = 2000;
const ANSWER_MS = 5000;

const { callers, revision } = document.body.dataset;
const clock = new Intl.DateTimeFormat("pl", { timeStyle: "medium" });
const words = new Intl.PluralRules("pl");
const CALLS = { one: "rozmowa", few: "rozmowy", many: "rozmów", other: "rozmowy" };

let tag = "";
let waiting = 0;
let asking = false;
let over = false;

const calls = (count) => CALLS[words.select(count)];

function draw({ counts, total, earlier, problem }) {
  setText(byId("problem-text"), problem);
  show(byId("problem"), Boolean(problem));
  for (const row of document.querySelectorAll("[data-row]")) {
    const cell = row.querySelector(".count-cell");
    const count = counts[row.dataset.row] ?? 0;
    setText(cell, String(count));
    cell.dataset.callers = count;
  }
  for (const node of document.querySelectorAll("svg [data-node]")) {
    const count = counts[node.dataset.node] ?? 0;
    if (count) node.dataset.callers = count;
    else delete node.dataset.callers;
    const text = node.querySelector(".count-text");
    if (text) setText(text, count ? String(count) : "");
  }
  if (!byId("total")) return;
  setText(byId("total"), String(total));
  setText(byId("total-words"), `${calls(total)} teraz`);
  setText(byId("earlier"), earlier ? `(w tym ${earlier} według wcześniejszej wersji)` : "");
}

function tell(text, { end = false } = {}) {
  over ||= end;
  setText(byId("told"), text);
  show(byId("told"), Boolean(text));
}

async function ask() {
  const headers = tag ? { "If-None-Match": tag } : {};
  const answer = await fetch(callers, { headers, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
  if (answer.status === 401) return tell("Sesja wygasła. Odśwież stronę, aby zalogować się ponownie.", { end: true });
  if (answer.status === 404) return tell("Tego przepływu już nie ma w użyciu.", { end: true });
  if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
  if (answer.status !== 304) {
    const figures = await answer.json();
    tag = answer.headers.get("ETag") ?? "";
    draw(figures);
    tell(figures.revision === revision ? "" : "Jest nowa wersja. Odśwież stronę, aby ją zobaczyć.");
  }
  setText(byId("as-of"), `Stan z ${clock.format(new Date())}.`);
}

async function poll() {
  if (asking || over || document.hidden) return;
  clearTimeout(waiting);
  asking = true;
  try {
    await ask();
  } catch {
    tell("Brak połączenia z serwerem. Liczby mogą być nieaktualne.");
    tag = ""; // the next answer says everything anew
  }
  asking = false;
  if (!over) waiting = setTimeout(poll, POLL_MS);
}

document.addEventListener("visibilitychange", () => void poll());

const fit = byId("fit");
if (fit) {
  fit.hidden = false;
  fit.addEventListener("click", () => {
    const whole = byId("picture").toggleAttribute("data-fit");
    fit.setAttribute("aria-pressed", String(whole));
  });
}

poll();
