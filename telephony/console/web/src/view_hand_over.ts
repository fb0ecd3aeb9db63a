// Handing the caller over: to a colleague, to a queue, to a permitted number; and what came with one handed over to us.

import table from "../texts/hand_over.json";
import { get, post } from "./api";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText, show } from "./dom";
import type { AgentState } from "./messages";
import { model } from "./model";
import { fill, words } from "./texts";
import { agentState } from "./view_agent";
import { saveNow } from "./view_notes";

const t = words(table);

interface Destinations {
  colleagues: { login: string; name: string; state: AgentState; phone: string }[];
  queues: { queue: string; title: string }[];
  numbers: { number: string; shown: string }[];
}

type Kind = "colleague" | "queue" | "number";

const dialog = (): HTMLDialogElement => byId<HTMLDialogElement>("hand-over-dialog");
const talking = (): boolean => model.pop?.state === "talking";

export function drawHandOver(): void {
  show(byId("call-actions"), talking());
  if (!talking() && dialog().open) dialog().close();
  const handed = model.pop?.handed;
  show(byId("handed"), Boolean(handed));
  setText(byId("handed-by"), handed?.by ? fill(t.by, { name: handed.by }) : t.by_somebody);
  setText(byId("handed-note"), handed?.note || t.no_note);
}

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
  fillList("colleagues", colleagues.map(({ login, name, state }) => item("colleague", login, name, agentState(state))));
  fillList("queues", queues.map(({ queue, title }) => item("queue", queue, title, "")));
  fillList("numbers", numbers.map(({ number, shown }) => item("number", number, shown, "")));
  setText(byId("hand-over-told"), colleagues.length ? "" : t.nobody);
}

function fillList(part: string, items: HTMLElement[]): void {
  byId(`hand-over-${part}`).replaceChildren(...items);
  show(byId(`hand-over-${part}-part`), items.length > 0);
}

function item(kind: Kind, to: string, name: string, state: string): HTMLElement {
  const row = make("li", "destination");
  const text = makeForeign("p", "", name);
  if (state) text.append(make("span", "quiet", ` ${state}`));
  const button = make("button", "button", t.move);
  button.type = "button";
  button.setAttribute("aria-label", fill(t.move_to, { name }));
  button.addEventListener("click", () => void move(kind, to, name));
  row.append(text, button);
  return row;
}

/** The note first: whoever gets the caller reads it. */
async function move(kind: Kind, to: string, name: string): Promise<void> {
  const interaction = model.pop?.interaction;
  if (!interaction) return;
  const work = async (): Promise<void> => {
    await saveNow(interaction);
    await post(`calls/${encodeURIComponent(interaction)}/transfer`, { kind, to });
  };
  if (!(await attempt("hand-over-error", work))) return;
  dialog().close();
  say(byId("say"), fill(t.moved, { name }));
}

export function listenToHandOver(): void {
  byId("hand-over").addEventListener("click", openHandOver);
  byId("hand-over-cancel").addEventListener("click", () => dialog().close());
}
