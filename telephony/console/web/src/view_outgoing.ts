// Calling somebody: a number that is typed or stands in the call in hand, or a customer who was found.

import table from "../texts/outgoing.json";
import { get, post } from "./api";
import { attempt } from "./dialogs";
import { byId, make, say, show } from "./dom";
import { model } from "./model";
import { queueTitle } from "./queue_titles";
import { fill, words } from "./texts";
import { STAGE } from "./words";

const t = words(table);

const number = (): HTMLInputElement => byId<HTMLInputElement>("outgoing-number");
export const inCall = (): boolean => model.pop !== null && STAGE[model.pop.state] < 3;

/** Nobody calls during a call; after it, or from an earlier one, its number is a button away. */
export function drawOutgoing(): void {
  const panel = byId("outgoing");
  show(panel, !inCall() || panel.contains(document.activeElement)); // a pop takes nobody's focus away
  byId<HTMLButtonElement>("outgoing-call").disabled = inCall();
  show(byId("call-number"), !inCall() && Boolean(model.pop?.caller));
  const queue = model.pop?.queue_name;
  if (queue && inCall()) byId<HTMLSelectElement>("outgoing-queue").value = queue;
}

async function call(whom: { number: string } | { customer: string }): Promise<void> {
  const queue = byId<HTMLSelectElement>("outgoing-queue").value;
  if (await attempt("outgoing-error", async () => void (await post("calls", { queue, ...whom })))) say(byId("say"), t.begun);
}

/** For a customer who was found; the number stays with the server. */
export function caller(customer: string, name: string): HTMLElement {
  const button = make("button", "button", t.call);
  button.type = "button";
  button.setAttribute("aria-label", fill(t.call_to, { name }));
  button.addEventListener("click", () => void call({ customer }));
  return button;
}

async function fillQueues(): Promise<void> {
  const { queues } = await get<{ queues: { queue: string; title: string }[] }>("destinations");
  byId("outgoing-queue").replaceChildren(...queues.map(({ queue, title }) => new Option(queueTitle(queue, title), queue)));
}

export function listenToOutgoing(): void {
  void attempt("outgoing-error", fillQueues);
  byId("outgoing-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void call({ number: number().value });
  });
  byId("call-number").addEventListener("click", () => {
    number().value = model.pop?.caller ?? "";
    void call({ number: number().value });
  });
}
