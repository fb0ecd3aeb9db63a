// The page for complaints: which are owed something, by when, and the steps that this person may take.

import table from "../texts/complaints.json";
import { Problem, get, post } from "./api";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText, show } from "./dom";
import { fieldsOf, isLetter, valuesOf } from "./complaint_fields";
import { keepWhile, leave, stays, typedInto } from "./session";
import { fill, lookUp, words } from "./texts";
import { dateOnly, moment } from "./times";

const POLL_MS = 30_000;
const SENT_MS = 2_000; // a letter on its way is looked at again
const HIDDEN = new Set(["reached", "letter", "to"]); // facts of a step that say nothing to people
const t = words(table);

interface Clock {
  due: string;
  done: string | null;
  left: number;
}

interface Complaint {
  interaction: string;
  ticket: string | null;
  kind: string;
  filed: string;
  state: string;
  level: number;
  confirmation: Clock;
  answer: Clock;
  law: Clock;
  completion: Clock | null;
}

type Facts = Record<string, string>;

interface Letter {
  id: string;
  act: string;
  way: string;
  at: number;
  actor: string;
  state: string;
  why: string;
}

interface Whole extends Complaint {
  customer: string | null;
  elements: Facts;
  missing: string[];
  steps: { act: string; at: number; actor: string; facts: Facts }[];
  letters: Letter[];
  copy_clock: Clock | null;
  mail: boolean;
  may: string[];
}

let opened = "";
let drawn = "";

const kindTitle = (kind: string): string => lookUp(t, `kind_${kind}`, kind);
const factTitle = (name: string): string => lookUp(t, `fact_${name}`, name);
const factValue = (name: string, value: string): string =>
  name === "level" ? lookUp(t, `level_${value}`, value) : lookUp(t, `value_${value}`, value);
const numberOf = ({ ticket, interaction }: Complaint): string => ticket ?? interaction;
const listed = (names: string[]): string => names.map(factTitle).join(", ").toLocaleLowerCase();

function clockWords({ due, done, left }: Clock): string {
  if (done) return fill(left < 0 ? t.clock_done_late : t.clock_done, { day: dateOnly(done) });
  if (left < 0) return fill(t.clock_late, { day: dateOnly(due) });
  return fill(left === 0 ? t.clock_today : t.clock_left, { day: dateOnly(due), left });
}

function clockElement<K extends "td" | "dd">(tag: K, clock: Clock): HTMLElement {
  const element = make(tag, "clock", clockWords(clock));
  element.dataset["late"] = String(clock.left < 0 && !clock.done);
  element.dataset["near"] = String(clock.left >= 0 && clock.left <= 3 && !clock.done);
  return element;
}

function row(complaint: Complaint): HTMLElement {
  const line = make("tr");
  const head = make("th");
  head.scope = "row";
  const button = make("button", "button-link", numberOf(complaint));
  button.type = "button";
  button.id = `open-${complaint.interaction}`;
  button.setAttribute("aria-label", fill(t.open_one, { number: numberOf(complaint) }));
  button.addEventListener("click", () => void open(complaint.interaction));
  head.append(button);
  line.append(
    head,
    make("td", "", kindTitle(complaint.kind)),
    make("td", "", dateOnly(complaint.filed)),
    make("td", "", lookUp(t, `state_${complaint.state}`, complaint.state)),
    make("td", "", lookUp(t, `level_${complaint.level}`, String(complaint.level))),
    clockElement("td", complaint.confirmation),
    clockElement("td", complaint.answer),
  );
  return line;
}

async function drawList(): Promise<void> {
  const { today, complaints } = await get<{ today: string; complaints: Complaint[] }>("complaints");
  setText(byId("as-of"), fill(t.as_of, { day: dateOnly(today) }));
  tellProblem("problem", "");
  stays();
  const wanted = JSON.stringify(complaints);
  if (wanted === drawn) return;
  drawn = wanted;
  const focused = document.activeElement?.id;
  byId("list").replaceChildren(...complaints.map(row));
  show(byId("none"), complaints.length === 0);
  show(byId("list-table"), complaints.length > 0);
  if (focused) document.getElementById(focused)?.focus();
}

async function poll(): Promise<void> {
  if (document.hidden) return;
  try {
    await drawList();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return leave();
    tellProblem("problem", error instanceof Problem && error.status > 0 ? error.message : t.offline);
  }
}

async function open(interaction: string): Promise<void> {
  const work = async (): Promise<void> => drawOne(await get<Whole>(`complaints/${encodeURIComponent(interaction)}`));
  if (!(await attempt("problem", work))) return;
  byId("one-title").focus();
}

function pairs(facts: Facts): HTMLElement[] {
  return Object.entries(facts).flatMap(([name, value]) => [
    make("dt", "", factTitle(name)),
    makeForeign("dd", "", factValue(name, value)),
  ]);
}

function drawOne(complaint: Whole): void {
  if (opened !== complaint.interaction) show(byId("letter-part"), false);
  opened = complaint.interaction;
  tellProblem("letter-error", "");
  show(byId("one"), true);
  tellProblem("one-error", "");
  setText(byId("one-title"), fill(t.one, { number: numberOf(complaint) }));
  const state = lookUp(t, `state_${complaint.state}`, complaint.state);
  setText(byId("one-state"), `${kindTitle(complaint.kind)}. ${state}. ${lookUp(t, `level_${complaint.level}`, "")}.`);
  const clocks: [string, Clock | null][] = [
    [t.confirmation, complaint.confirmation], [t.answer, complaint.answer], [t.completion, complaint.completion],
    [t.copy, complaint.copy_clock],
  ];
  const told = clocks.flatMap(([title, clock]) => (clock ? [make("dt", "", title), clockElement("dd", clock)] : []));
  const law = [make("dt", "", t.law), make("dd", "", dateOnly(complaint.law.due))];
  const customer = [make("dt", "", t.customer), make("dd", "", complaint.customer ?? t.unknown_customer)];
  byId("one-clocks").replaceChildren(...told, ...law, ...customer);
  setText(byId("one-missing"), fill(t.missing, { elements: listed(complaint.missing) }));
  show(byId("one-missing"), complaint.missing.length > 0);
  byId("one-elements").replaceChildren(...pairs(complaint.elements));
  byId("one-steps").replaceChildren(...complaint.steps.map(stepItem));
  show(byId("one-no-steps"), complaint.steps.length === 0);
  byId("one-letters").replaceChildren(...complaint.letters.map(letterItem));
  show(byId("one-no-letters"), complaint.letters.length === 0);
  if (complaint.letters.some(({ state }) => state === "waiting")) setTimeout(() => void again(complaint), SENT_MS);
  byId("one-acts").replaceChildren(...complaint.may.map((act) => actForm(act, complaint)));
  show(byId("one-nothing"), complaint.may.length === 0);
}

function stepItem({ act, at, actor, facts }: Whole["steps"][number]): HTMLElement {
  const item = make("li");
  const who = [moment(at), actor || t.by_hotline].join(" · ");
  item.append(make("strong", "", lookUp(t, `step_${act}`, act)), make("span", "quiet", ` ${who}`));
  const shown = Object.entries(facts).filter(([name]) => !HIDDEN.has(name));
  if (shown.length > 0) {
    const told = make("dl", "facts");
    told.append(...pairs(Object.fromEntries(shown)));
    item.append(told);
  }
  return item;
}

/** What has become of its letters, unless somebody is filling something in. */
async function again({ interaction }: Whole): Promise<void> {
  if (opened !== interaction || document.hidden || document.querySelector(".act[open]")) return;
  const focused = document.activeElement?.id;
  await attempt("problem", async () => drawOne(await get<Whole>(`complaints/${encodeURIComponent(interaction)}`)));
  if (focused) document.getElementById(focused)?.focus();
}

function letterItem({ id, act, way, at, actor, state, why }: Letter): HTMLElement {
  const item = make("li");
  const title = lookUp(t, `letter_${act}`, act);
  const became = fill(lookUp(t, `letter_${state}`, state), { why });
  const told = [lookUp(t, `value_${way}`, way), moment(at), actor || t.by_hotline].join(" · ");
  const button = make("button", "button-link", t.letter_show);
  button.type = "button";
  button.id = `show-${id}`;
  button.setAttribute("aria-label", fill(t.letter_show_one, { letter: `${title}, ${moment(at)}` }));
  button.addEventListener("click", () => void showLetter(`letters/${encodeURIComponent(id)}`));
  item.append(make("strong", "", `${title}: ${became}`), make("span", "quiet", ` ${told} `), button);
  return item;
}

function actForm(act: string, complaint: Whole): HTMLElement {
  const title = lookUp(t, `act_${act}`, act);
  const details = make("details", "act");
  const form = make("form", "sheet-form");
  const button = make("button", "button button-main", fill(t.save, { act: title }));
  button.type = "submit";
  form.append(...fieldsOf(act, complaint.missing, listed(complaint.missing), complaint.mail));
  if (complaint.mail && isLetter(act)) form.append(make("p", "quiet", t.mail_hint));
  form.append(button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void take(act, valuesOf(form), title);
  });
  details.append(make("summary", "", title), form);
  return details;
}

async function take(act: string, facts: Facts, title: string): Promise<void> {
  const path = `complaints/${encodeURIComponent(opened)}/steps`;
  let waits = false;
  const work = async (): Promise<void> => {
    const complaint = await post<Whole>(path, { act, facts });
    waits = complaint.letters.some((letter) => letter.act === act && letter.state === "waiting");
    drawOne(complaint);
  };
  if (!(await attempt("one-error", work))) return;
  byId("one-title").focus();
  say(byId("say"), fill(waits ? t.on_its_way : t.done, { act: title }));
  void poll();
}

let pdf = { title: "", pdf: "" };

async function showLetter(which: string): Promise<void> {
  const path = `complaints/${encodeURIComponent(opened)}/${which}`;
  const work = async (): Promise<void> => {
    const letter = await get<{ title: string; text: string; pdf: string }>(path);
    byId<HTMLTextAreaElement>("letter").value = letter.text;
    pdf = letter;
  };
  const there = await attempt("letter-error", work);
  show(byId("letter-part"), there);
  if (there) byId("letter").focus();
}

function download(): void {
  const bytes = Uint8Array.from(atob(pdf.pdf), (each) => each.charCodeAt(0));
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
  link.download = `${pdf.title}.pdf`;
  link.click();
  URL.revokeObjectURL(link.href);
}

let once = crypto.randomUUID();

async function file(event: Event): Promise<void> {
  event.preventDefault();
  const form = byId<HTMLFormElement>("new-form");
  const { kind, customer, ...elements } = valuesOf(form);
  const content = { kind, customer: customer || null, elements, once };
  let told = "";
  const work = async (): Promise<void> => {
    const filed = await post<{ interaction: string; ticket: string; missing: string[] }>("complaints", content);
    const values = { number: filed.ticket, elements: listed(filed.missing) };
    told = fill(filed.missing.length > 0 ? t.filed_missing : t.filed_now, values);
    await open(filed.interaction);
  };
  if (!(await attempt("new-error", work))) return;
  once = crypto.randomUUID();
  form.reset();
  byId<HTMLDetailsElement>("new").open = false;
  say(byId("say"), told);
  void poll();
}

byId("new-fields").append(...fieldsOf("new", [], ""));
byId("new-form").addEventListener("submit", (event) => void file(event));
for (const button of document.querySelectorAll<HTMLElement>("[data-letter]")) {
  button.addEventListener("click", () => void showLetter(`letter?act=${button.dataset["letter"] ?? ""}`));
}
byId("letter-pdf").addEventListener("click", download);
keepWhile(() => typedInto(byId("complaints")));
document.addEventListener("visibilitychange", () => void poll());
setInterval(() => void poll(), POLL_MS);
void poll();
