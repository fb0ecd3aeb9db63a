// The page for recordings: found by ticket, day or call; heard once somebody has said why.

import table from "../texts/recordings.json";
import { Problem, get, post } from "./api";
import { leave } from "./session";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText, show } from "./dom";
import { fill, lookUp, words } from "./texts";
import { duration, moment } from "./times";
import { startPlayer, stopPlayer, type Listening } from "./view_player";

const t = words(table);

interface Recording {
  name: string;
  interaction: string;
  kind: string;
  begun_at: number;
  duration_s: number;
  queue: string | null;
  agent: string | null;
  ticket: string | null;
}

let chosen: Recording | undefined;

function row(recording: Recording): HTMLElement {
  const line = make("tr");
  const head = make("th", "", moment(recording.begun_at));
  head.scope = "row";
  const button = make("button", "button", t.choose);
  button.type = "button";
  button.setAttribute("aria-label", fill(t.choose_one, { time: moment(recording.begun_at) }));
  button.addEventListener("click", () => choose(recording));
  const cell = make("td");
  cell.append(button);
  line.append(
    head,
    make("td", "", duration(recording.duration_s)),
    make("td", "", lookUp(t, `kind_${recording.kind}`, recording.kind)),
    makeForeign("td", "", recording.queue ?? ""),
    makeForeign("td", "", recording.agent ?? ""),
    make("td", "", recording.ticket ?? ""),
    cell,
  );
  return line;
}

function wanted(): string {
  const asked = new URLSearchParams();
  for (const name of ["ticket", "day", "interaction"]) {
    const value = byId<HTMLInputElement>(name).value.trim();
    if (value) asked.set(name, value);
  }
  return asked.toString();
}

async function find(): Promise<void> {
  tellProblem("find-error", "");
  try {
    const { recordings } = await get<{ recordings: Recording[] }>(`recordings?${wanted()}`);
    byId("list").replaceChildren(...recordings.map(row));
    show(byId("none"), recordings.length === 0);
    show(byId("list-table"), recordings.length > 0);
    say(byId("say"), fill(t.found, { count: recordings.length }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return leave();
    tellProblem("find-error", error.status > 0 ? error.message : t.offline);
  }
}

function choose(recording: Recording): void {
  stopPlayer();
  chosen = recording;
  byId<HTMLFormElement>("reason-form").reset();
  tellProblem("reason-error", "");
  setText(byId("one-title"), fill(t.one, { time: moment(recording.begun_at) }));
  show(byId("reason-form"), true);
  show(byId("player"), false);
  show(byId("one"), true);
  byId("one-title").focus();
}

async function listen(): Promise<void> {
  if (!chosen) return;
  const path = `recordings/${encodeURIComponent(chosen.name)}`;
  const reason = byId<HTMLInputElement>("reason").value;
  const work = async (): Promise<void> => {
    const granted = await post<Listening>(`${path}/listenings`, { reason });
    show(byId("reason-form"), false);
    show(byId("player"), true);
    startPlayer(`/api/console/${path}/audio`, granted);
  };
  if (!(await attempt("reason-error", work))) return;
  byId("play").focus();
  say(byId("say"), t.ready);
}

byId("find-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void find();
});
byId("reason-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void listen();
});
void find();
