// Departments and outages: what the next caller will find, and the buttons that change it.

import table from "../texts/supervision.json";
import { post, put, remove } from "./api";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, show } from "./dom";
import { departmentTitle } from "./queue_titles";
import { fill, words } from "./texts";
import { moment } from "./times";

const t = words(table);

export interface DepartmentNow {
  name: string;
  open: boolean;
  emergency: boolean;
  words: string;
  changes_at: number | null;
}

export interface OutageNow {
  name: string;
  areas: string[];
  text: Record<"pl" | "en" | "uk", string>;
  until_at: number | null;
}

export interface OpeningNow {
  now: number;
  departments: DepartmentNow[];
  outages: OutageNow[];
}

let drawn = "";
let closing = "";

/** Nothing is drawn anew that has not changed: a button keeps the focus, a screen reader its place. */
export function drawOpening(opening: OpeningNow): void {
  const { departments, outages } = opening;
  const wanted = JSON.stringify([departments, outages]);
  if (wanted === drawn) return;
  drawn = wanted;
  const focused = document.activeElement?.id;
  byId("departments").replaceChildren(...departments.map(departmentItem));
  byId("outages").replaceChildren(...outages.map(outageItem));
  show(byId("no-outages"), outages.length === 0);
  if (focused) document.getElementById(focused)?.focus();
}

function departmentItem(department: DepartmentNow): HTMLElement {
  const item = make("li", "department");
  item.dataset["open"] = String(department.open);
  item.dataset["emergency"] = String(department.emergency);
  const text = make("div");
  text.append(make("h3", "", departmentTitle(department.name)), make("p", "department-state", stateWords(department)));
  if (department.words) text.append(makeForeign("p", "quiet", department.words));
  item.append(text, departmentButton(department));
  return item;
}

function stateWords({ open, emergency, changes_at }: DepartmentNow): string {
  const state = emergency ? t.emergency : open ? t.open : t.closed;
  if (changes_at === null) return open ? state : `${state}, ${t.no_end}`;
  return `${state}, ${fill(open ? t.until : t.opens, { time: moment(changes_at) })}`;
}

function departmentButton({ name, emergency }: DepartmentNow): HTMLElement {
  const button = make("button", "button", emergency ? t.reopen : t.close);
  button.type = "button";
  button.id = `department-${name}`;
  button.setAttribute("aria-label", `${emergency ? t.reopen : t.close}: ${departmentTitle(name)}`);
  button.addEventListener("click", () => (emergency ? void reopen(name) : askToClose(name)));
  return button;
}

async function reopen(name: string): Promise<void> {
  const work = async (): Promise<void> => drawOpening(await remove(`departments/${name}/closure`));
  if (await attempt("problem", work)) say(byId("say"), fill(t.opened_now, { name: departmentTitle(name) }));
}

function askToClose(name: string): void {
  closing = name;
  byId("close-title").textContent = fill(t.close_title, { name: departmentTitle(name) });
  byId<HTMLFormElement>("close-form").reset();
  tellProblem("close-error", "");
  byId<HTMLDialogElement>("close-dialog").showModal();
}

async function close(event: Event): Promise<void> {
  event.preventDefault();
  const name = closing;
  const reason = byId<HTMLInputElement>("close-reason").value.trim();
  const until = byId<HTMLInputElement>("close-until").value.trim() || null;
  const work = async (): Promise<void> => drawOpening(await put(`departments/${name}/closure`, { reason, until }));
  if (!(await attempt("close-error", work))) return;
  byId<HTMLDialogElement>("close-dialog").close();
  byId(`department-${name}`).focus();
  say(byId("say"), fill(t.closed_now, { name: departmentTitle(name) }));
}

function outageItem(outage: OutageNow): HTMLElement {
  const item = make("li", "outage");
  const areas = outage.areas.join(", ") || t.everywhere;
  const text = make("div");
  text.append(makeForeign("h3", "", areas), makeForeign("p", "", outage.text.pl));
  for (const language of ["en", "uk"] as const) {
    if (!outage.text[language]) continue;
    const translated = makeForeign("p", "quiet", outage.text[language]);
    translated.lang = language;
    text.append(translated);
  }
  const until = outage.until_at === null ? t.no_end : fill(t.until, { time: moment(outage.until_at) });
  text.append(make("p", "quiet", until));
  const button = make("button", "button", t.end);
  button.type = "button";
  button.id = `outage-${outage.name}`;
  button.setAttribute("aria-label", fill(t.end_of, { areas }));
  button.addEventListener("click", () => void end(outage.name));
  item.append(text, button);
  return item;
}

async function end(name: string): Promise<void> {
  const work = async (): Promise<void> => drawOpening(await remove(`outages/${name}`));
  if (!(await attempt("problem", work))) return;
  byId("outages-title").focus();
  say(byId("say"), t.ended);
}

async function announce(event: Event): Promise<void> {
  event.preventDefault();
  const value = (id: string): string => byId<HTMLInputElement | HTMLTextAreaElement>(id).value.trim();
  const areas = value("areas").split("\n").map((area) => area.trim()).filter(Boolean);
  const spoken = { pl: value("outage-text"), en: value("outage-text-en") };
  const content = { areas, text: spoken, until: value("outage-until") || null };
  const work = async (): Promise<void> => drawOpening(await post("outages", content));
  if (!(await attempt("outage-error", work))) return;
  byId<HTMLFormElement>("outage-form").reset();
  say(byId("say"), t.announced);
}

export function listenToOpening(): void {
  byId("close-form").addEventListener("submit", (event) => void close(event));
  byId("close-cancel").addEventListener("click", () => byId<HTMLDialogElement>("close-dialog").close());
  byId("outage-form").addEventListener("submit", (event) => void announce(event));
}
