// The page of the outbox: what other systems have still to take, what was put aside and why, sending it again.

import table from "../texts/outbox.json";
import { Problem, get, post } from "./api";
import { leave } from "./session";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText, show } from "./dom";
import { fill, words } from "./texts";
import { moment, secondTime } from "./times";

const POLL_MS = 10_000;
const t = words(table);

interface Waiting {
  target: string;
  waiting: number;
  since: number;
  why: string;
}

interface Dead {
  id: string;
  target: string;
  dead_at: number;
  attempts: number;
  why: string;
}

interface Outbox {
  now: number;
  waiting: Waiting[];
  dead: Dead[];
}

let drawn = "";

function waitingRow({ target, waiting, since, why }: Waiting): HTMLElement {
  const line = make("tr");
  const head = makeForeign("th", "", target);
  head.scope = "row";
  line.append(
    head, make("td", "", String(waiting)), make("td", "", moment(since)), makeForeign("td", "", why || t.not_tried),
  );
  return line;
}

function deadRow({ id, target, dead_at, attempts, why }: Dead): HTMLElement {
  const line = make("tr");
  const head = makeForeign("th", "message-id", id);
  head.scope = "row";
  const button = make("button", "button", t.again);
  button.type = "button";
  button.id = `again-${id}`;
  button.setAttribute("aria-label", fill(t.again_one, { message: id }));
  button.addEventListener("click", () => void again([id]));
  const last = make("td");
  last.append(button);
  line.append(
    head, makeForeign("td", "", target), make("td", "", moment(dead_at)), make("td", "", String(attempts)),
    makeForeign("td", "", why), last,
  );
  return line;
}

function draw({ now, waiting, dead }: Outbox): void {
  setText(byId("as-of"), fill(t.as_of, { time: secondTime(now) }));
  tellProblem("problem", "");
  const wanted = JSON.stringify([waiting, dead]);
  if (wanted === drawn) return;
  drawn = wanted;
  const focused = document.activeElement?.id;
  byId("waiting").replaceChildren(...waiting.map(waitingRow));
  show(byId("none-waiting"), waiting.length === 0);
  show(byId("waiting-table"), waiting.length > 0);
  byId("dead").replaceChildren(...dead.map(deadRow));
  show(byId("none-dead"), dead.length === 0);
  show(byId("dead-table"), dead.length > 0);
  show(byId("all"), dead.length > 1);
  if (focused) document.getElementById(focused)?.focus();
}

async function again(ids: string[] | null): Promise<void> {
  if (!(await attempt("dead-error", async () => draw(await post<Outbox>("outbox/retry", { ids }))))) return;
  byId("dead-title").focus();
  say(byId("say"), t.sent_again);
}

async function poll(): Promise<void> {
  if (document.hidden) return;
  try {
    draw(await get<Outbox>("outbox"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return leave();
    tellProblem("problem", error instanceof Problem && error.status > 0 ? error.message : t.offline);
  }
}

byId("all").addEventListener("click", () => void again(null));
document.addEventListener("visibilitychange", () => void poll());
setInterval(() => void poll(), POLL_MS);
void poll();
