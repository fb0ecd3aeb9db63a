// The page for visits that customers are called about: where each stands; who supervises takes one back.

import table from "../texts/appointments.json";
import { Problem, get, remove } from "./api";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText, show } from "./dom";
import { leave } from "./session";
import { fill, lookUp, words } from "./texts";
import { dateOnly, moment } from "./times";

const POLL_MS = 15_000;
const SUPERVISORS = ["supervisor", "admin"];
const t = words(table);

interface Visit {
  reference: string;
  date: string;
  time: string;
  state: string;
  attempts: number;
  next_at: number | null;
  ticket: string | null;
}

let drawn = "";
let supervises = false;

function act({ reference, state }: Visit): HTMLElement {
  const cell = make("td");
  if (!supervises || state !== "open") return cell;
  const button = make("button", "button", t.withdraw);
  button.type = "button";
  button.id = `withdraw-${reference}`;
  button.setAttribute("aria-label", fill(t.withdraw_one, { reference }));
  button.addEventListener("click", () => void withdraw(reference));
  cell.append(button);
  return cell;
}

function row(visit: Visit): HTMLElement {
  const line = make("tr");
  const head = makeForeign("th", "", visit.reference);
  head.scope = "row";
  const next = visit.next_at === null ? "" : fill(t.not_before, { when: moment(visit.next_at) });
  line.append(
    head,
    make("td", "", `${dateOnly(visit.date)}, ${visit.time}`),
    make("td", "", lookUp(t, `state_${visit.state}`, visit.state)),
    make("td", "", String(visit.attempts)),
    make("td", "", next),
    make("td", "", visit.ticket ?? ""),
    act(visit),
  );
  return line;
}

async function draw(): Promise<void> {
  const { appointments } = await get<{ appointments: Visit[] }>("appointments");
  const wanted = JSON.stringify(appointments);
  if (wanted === drawn) return;
  drawn = wanted;
  const focused = document.activeElement?.id;
  byId("list").replaceChildren(...appointments.map(row));
  setText(byId("none"), t.none);
  show(byId("none"), appointments.length === 0);
  show(byId("list-table"), appointments.length > 0);
  if (focused) document.getElementById(focused)?.focus();
}

async function withdraw(reference: string): Promise<void> {
  if (!(await attempt("problem", () => remove(`appointments/${encodeURIComponent(reference)}`)))) return;
  say(byId("say"), fill(t.withdrawn, { reference }));
  byId("title").focus();
  await poll();
}

async function poll(): Promise<void> {
  if (document.hidden) return;
  try {
    await draw();
    tellProblem("problem", "");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return leave();
    tellProblem("problem", error instanceof Problem && error.status > 0 ? error.message : t.offline);
  }
}

async function begin(): Promise<void> {
  const me = await get<{ role: string }>("me").catch(() => ({ role: "" }));
  supervises = SUPERVISORS.includes(me.role);
  await poll();
}

document.addEventListener("visibilitychange", () => void poll());
setInterval(() => void poll(), POLL_MS);
void begin();
