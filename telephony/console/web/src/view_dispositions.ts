// What came of each talk: the one in hand and those that wait for it, each with the list of its queue.

import table from "../texts/dispositions.json";
import { Problem, get, put } from "./api";
import { byId, make, makeForeign, setText, show } from "./dom";
import type { Contact } from "./messages";
import { model } from "./model";
import { fill, language, words } from "./texts";
import { clockTime } from "./times";

const t = words(table);

interface Choice {
  code: string;
  pl: string;
  en: string;
}

interface Talk {
  interaction: string;
  queue: string;
  queue_name: string;
  at: number;
  code: string; // empty: none yet
  owed: boolean;
}

let lists: Readonly<Record<string, Choice[]>> = {};
let drawn = "";

/** The words of what came of an earlier contact; a code that is in no list any more stands for itself. */
export const whatCame = (contact: Contact): string =>
  contact.dispositions.map((code) => title(contact.queue_name, code)).join(", ");

const title = (queue: string, code: string): string =>
  lists[queue]?.find((each) => each.code === code)?.[language] ?? code;

function talks(): Talk[] {
  const owed = model.owed.map((each) => ({ ...each, at: each.owed_at, code: "", owed: true }));
  const pop = model.pop;
  if (!pop?.answered_at || pop.missed || pop.shared || !lists[pop.queue_name] || owed.some(isOf(pop.interaction))) return owed;
  const { interaction, queue, queue_name, answered_at, disposition } = pop;
  return [...owed, { interaction, queue, queue_name, at: answered_at, code: disposition, owed: false }];
}

const isOf =
  (interaction: string) =>
  (each: { interaction: string }): boolean =>
    each.interaction === interaction;

/** Drawn anew only where something has changed: a choice half made stays. */
export function drawDispositions(): void {
  const all = talks();
  show(byId("dispositions"), all.length > 0);
  const now = JSON.stringify(all);
  if (now === drawn) return;
  const within = byId("dispositions").contains(document.activeElement);
  const chosen = new Map(Array.from(selects(), (each) => [each.dataset["interaction"], each.value]));
  drawn = now;
  byId("disposition-list").replaceChildren(...all.map((talk) => item(talk, chosen.get(talk.interaction) ?? "")));
  if (within) (selects()[0] ?? byId("call")).focus();
}

const selects = (): NodeListOf<HTMLSelectElement> => byId("disposition-list").querySelectorAll("select");

function item(talk: Talk, chosen: string): HTMLElement {
  const row = make("li", "disposition");
  const id = `disposition-${talk.interaction}`;
  const label = makeForeign("label", "", fill(t.of_call, { queue: talk.queue, time: clockTime(talk.at) }));
  label.htmlFor = id;
  const select = make("select");
  select.id = id;
  select.dataset["interaction"] = talk.interaction;
  select.append(...options(talk));
  select.value = chosen || talk.code;
  const save = make("button", "button", t.save);
  save.type = "button";
  save.addEventListener("click", () => void keep(talk.interaction, select.value));
  const state = talk.code ? fill(t.kept, { title: title(talk.queue_name, talk.code) }) : talk.owed ? t.required : "";
  row.append(label, select, save, make("p", "quiet", state));
  return row;
}

function options(talk: Talk): HTMLElement[] {
  const none = make("option", "", t.choose);
  none.value = "";
  const choices = (lists[talk.queue_name] ?? []).map((each) => {
    const option = make("option", "", each[language]);
    option.value = each.code;
    return option;
  });
  return [none, ...choices];
}

async function keep(interaction: string, code: string): Promise<void> {
  if (!code) return tell(t.choose_first);
  tell("");
  try {
    await put(`calls/${encodeURIComponent(interaction)}/disposition`, { code });
    tell(t.saved);
  } catch (error) {
    tell(error instanceof Problem && error.status ? error.message : t.not_saved);
  }
}

const tell = (text: string): void => setText(byId("disposition-told"), text);

export const focusDisposition = (): void => selects()[0]?.focus();

/** Read the lists once; `again` draws what shows their words. */
export async function readDispositions(again: () => void): Promise<void> {
  const told = await get<{ queues: Record<string, Choice[]> }>("dispositions").catch(() => null);
  if (!told) {
    setTimeout(() => void readDispositions(again), 3_000);
    return;
  }
  lists = told.queues;
  drawn = ""; // what was drawn without words
  again();
}
