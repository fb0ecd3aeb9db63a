// Where somebody is logged in, and the buttons that end it there.

import table from "../texts/account.json";
import { Problem, get, remove } from "./api";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say } from "./dom";
import { leave } from "./session";
import { fill, words } from "./texts";
import { moment } from "./times";

const t = words(table);

interface SessionNow {
  session: string;
  since: number;
  used_at: number;
  address: string;
  browser: string;
  this: boolean;
}

interface SessionsNow {
  now: number;
  sessions: SessionNow[];
}

let drawn = "";

/** Ask the server, and draw what is different. */
export async function drawSessions(): Promise<void> {
  if (document.hidden) return;
  try {
    draw(await get<SessionsNow>("sessions"));
    tellProblem("problem", "");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return leave();
    tellProblem("problem", error instanceof Problem && error.status > 0 ? error.message : t.offline);
  }
}

function draw({ sessions }: SessionsNow): void {
  const wanted = JSON.stringify(sessions.map((each) => [each, moment(each.used_at)]));
  if (wanted === drawn) return; // a button keeps the focus, a screen reader its place
  drawn = wanted;
  const focused = document.activeElement?.id;
  byId("sessions").replaceChildren(...sessions.map(item));
  if (focused) document.getElementById(focused)?.focus();
}

function item(session: SessionNow): HTMLElement {
  const line = make("li", "session");
  const text = make("div");
  const title = make("h3", "", session.browser || t.unknown_browser);
  if (session.this) title.append(make("span", "session-this", t.this));
  const times = [fill(t.since, { time: moment(session.since) }), fill(t.used, { time: moment(session.used_at) })];
  text.append(
    title,
    makeForeign("p", "", fill(t.from, { address: session.address })),
    make("p", "quiet", times.join(" · ")),
  );
  line.append(text);
  if (!session.this) line.append(endButton(session));
  return line;
}

const named = ({ browser, address }: SessionNow): string => `${browser || t.unknown_browser}, ${address}`;

function endButton(session: SessionNow): HTMLElement {
  const button = make("button", "button", t.end);
  button.type = "button";
  button.id = `end-${session.session}`;
  button.setAttribute("aria-label", fill(t.end_which, { what: named(session) }));
  button.addEventListener("click", () => void end(session));
  return button;
}

async function end(session: SessionNow): Promise<void> {
  const work = async (): Promise<void> => draw(await remove<SessionsNow>(`sessions/${session.session}`));
  if (!(await attempt("problem", work))) return;
  byId("sessions-title").focus();
  say(byId("say"), fill(t.ended, { what: named(session) }));
}

export function listenToSessions(): void {
  const dialog = byId<HTMLDialogElement>("everywhere-dialog");
  byId("everywhere").addEventListener("click", () => {
    tellProblem("everywhere-error", "");
    dialog.showModal();
  });
  byId("everywhere-cancel").addEventListener("click", () => dialog.close());
  byId("everywhere-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void everywhere();
  });
}

async function everywhere(): Promise<void> {
  if (await attempt("everywhere-error", () => remove("sessions"))) location.replace("/login");
}
