// Handing the caller over: to a colleague, to a queue, to a permitted number; and what came with one handed over to us.

import table from "../texts/hand_over.json";
import { get, post } from "./api";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText, show } from "./dom";
import type { AgentState, Pop } from "./messages";
import { model, ownTalk } from "./model";
import { queueTitle } from "./queue_titles";
import { fill, words } from "./texts";
import { agentState } from "./view_agent";
import { saveNow } from "./view_notes";
import { canConsult, consult } from "./view_phone";

const t = words(table);

interface Destinations {
  colleagues: { login: string; name: string; state: AgentState; phone: string }[];
  queues: { queue: string; title: string }[];
  numbers: { number: string; shown: string }[];
}

type Kind = "colleague" | "queue" | "number";

const dialog = (): HTMLDialogElement => byId<HTMLDialogElement>("hand-over-dialog");
const talking = (): boolean => ownTalk() !== "";

export function drawHandOver(): void {
  show(byId("call-actions"), talking());
  if (!talking() && dialog().open) dialog().close();
  const handed = model.pop?.handed;
  show(byId("handed"), Boolean(handed));
  setText(byId("handed-by"), model.pop ? handedBy(model.pop) : "");
  setText(byId("handed-note"), handed?.note || t.no_note);
}

/** By whom the caller comes, in words. */
export const handedBy = ({ handed, shared }: Pop): string =>
  handed?.by ? fill(shared ? t.asked_by : t.by, { name: handed.by }) : t.by_somebody;

export function openHandOver(): void {
  if (!talking() || dialog().open) return;
  tellProblem("hand-over-error", "");
  for (const id of ["hand-over-colleagues", "hand-over-queues", "hand-over-numbers"]) byId(id).replaceChildren();
  setText(byId("hand-over-told"), t.looking);
  dialog().showModal();
  void attempt("hand-over-error", async () => list(await get<Destinations>("destinations")));
}

function list({ colleagues, queues, numbers }: Destinations): void {
  setText(byId("hand-over-told"), "");
  fillList("colleagues", colleagues.map(({ login, name, state, phone }) => item("colleague", login, name, agentState(state), phone)));
  fillList("queues", queues.map(({ queue, title }) => item("queue", queue, queueTitle(queue, title))));
  fillList("numbers", numbers.map(({ number, shown }) => item("number", number, shown, "", number)));
  setText(byId("hand-over-told"), colleagues.length ? "" : t.nobody);
}

function fillList(part: string, items: HTMLElement[]): void {
  byId(`hand-over-${part}`).replaceChildren(...items);
  show(byId(`hand-over-${part}-part`), items.length > 0);
}

/** `extension`: what a phone calls to ask first; empty: nobody can be asked there. */
function item(kind: Kind, to: string, name: string, state = "", extension = ""): HTMLElement {
  const row = make("li", "destination");
  const text = makeForeign("p", "", name);
  if (state) text.append(make("span", "quiet", ` ${state}`));
  const buttons = make("div", "destination-buttons");
  if (extension && canConsult()) {
    buttons.append(button(t.ask, fill(t.ask_name, { name }), () => void askFirst(kind, to, name, extension)));
  }
  buttons.append(button(t.move, fill(t.move_to, { name }), () => void move(kind, to, name)));
  row.append(text, buttons);
  return row;
}

function button(text: string, label: string, pressed: () => void): HTMLButtonElement {
  const made = make("button", "button", text);
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.addEventListener("click", pressed);
  return made;
}

const path = (interaction: string, what: string): string => `calls/${encodeURIComponent(interaction)}/${what}`;

/** A colleague sees the caller's card and our note before the phone rings. */
async function askFirst(kind: Kind, to: string, name: string, extension: string): Promise<void> {
  const interaction = model.pop?.interaction;
  if (!interaction) return;
  const work = async (): Promise<void> => {
    await saveNow(interaction);
    if (kind === "colleague") await post(path(interaction, "consultation"), { colleague: to });
  };
  if (!(await attempt("hand-over-error", work))) return;
  dialog().close();
  consult(extension, name);
}

/** The note first: whoever gets the caller reads it. */
async function move(kind: Kind, to: string, name: string): Promise<void> {
  const interaction = model.pop?.interaction;
  if (!interaction) return;
  const work = async (): Promise<void> => {
    await saveNow(interaction);
    await post(path(interaction, "transfer"), { kind, to });
  };
  if (!(await attempt("hand-over-error", work))) return;
  dialog().close();
  say(byId("say"), fill(t.moved, { name }));
}

export function listenToHandOver(): void {
  byId("hand-over").addEventListener("click", openHandOver);
  byId("hand-over-cancel").addEventListener("click", () => dialog().close());
}
