// The page for tickets: a list by number, status and department; one with all that has happened to it; its status.
// The address names the one that is open after its #, where no log of a server sees it.

import table from "../texts/tickets.json";
import { Problem, get, put } from "./api";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText, show } from "./dom";
import { queueTitle } from "./queue_titles";
import { leave } from "./session";
import { fill, lookUp, words } from "./texts";
import { clockTime, day } from "./times";

const MOST = 200;
const t = words(table);

interface Queue {
  name: string;
  title: string;
}

interface Ticket {
  number: string;
  subject: string;
  status: string;
  queue: Queue | null;
  opened_at: number;
  changed_at: number;
  entries: number;
  complaint: boolean;
  there: string | null;
}

interface Step {
  at: number;
  what: string;
  subject: string;
  text: string;
  interaction: string;
  system: string;
  who: string;
  status: string | null;
  way: string;
  about: string;
  state: string;
}

interface Whole extends Ticket {
  customer: string;
  steps: Step[];
}

let opened = "";

const when = (at: number): string => `${day(at)}, ${clockTime(at)}`;
const statusWord = (status: string): string => lookUp(t, `status_${status}`, status);
const titleOf = (queue: Queue | null): string => (queue ? queueTitle(queue.name, queue.title) : t.no_queue);
const valueOf = (id: string): string => byId<HTMLInputElement | HTMLSelectElement>(id).value.trim();
const pathOf = (number: string): string => `tickets/${encodeURIComponent(number)}`;

function complaintLink(): HTMLElement {
  const link = make("a", "", t.complaint);
  link.href = "/complaints";
  return link;
}

// -- the list ----------------------------------------------------------------------------------------------------------

function row(ticket: Ticket): HTMLElement {
  const line = make("tr");
  line.dataset["number"] = ticket.number;
  const head = make("th");
  head.scope = "row";
  const link = make("a", "", ticket.number);
  link.href = `#${ticket.number}`;
  link.setAttribute("aria-label", fill(t.open_one, { number: ticket.number }));
  head.append(link);
  const subject = make("td", "subject");
  subject.append(makeForeign("span", "", ticket.subject));
  if (ticket.complaint) subject.append(" · ", complaintLink());
  line.append(
    head,
    subject,
    make("td", "when", statusWord(ticket.status)),
    makeForeign("td", "", titleOf(ticket.queue)),
    make("td", "when", when(ticket.opened_at)),
    make("td", "when", when(ticket.changed_at)),
    make("td", "", String(ticket.entries)),
    makeForeign("td", "", ticket.there ?? ""),
  );
  return line;
}

function markOpened(): void {
  for (const line of byId("list").querySelectorAll("tr")) {
    if (line.dataset["number"] === opened) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
}

/** The departments that may be asked for; the chosen one stays. */
function drawQueues(queues: Queue[]): void {
  const select = byId<HTMLSelectElement>("queue");
  const kept = select.value;
  const [all] = select.options;
  const options = queues.map((each) => new Option(titleOf(each), each.name, false, each.name === kept));
  select.replaceChildren(...(all ? [all] : []), ...options);
}

function wanted(): string {
  const asked = new URLSearchParams();
  for (const name of ["number", "status", "queue"]) if (valueOf(name)) asked.set(name, valueOf(name));
  return asked.toString();
}

/** What is refused is told at `errorId`. */
async function tried(errorId: string, work: () => Promise<void>): Promise<void> {
  tellProblem(errorId, "");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return leave();
    tellProblem(errorId, error.status > 0 ? error.message : t.offline);
  }
}

async function list(): Promise<Ticket[]> {
  const { queues, tickets } = await get<{ queues: Queue[]; tickets: Ticket[] }>(`tickets?${wanted()}`);
  drawQueues(queues);
  byId("list").replaceChildren(...tickets.map(row));
  show(byId("none"), tickets.length === 0);
  show(byId("list-table"), tickets.length > 0);
  show(byId("most"), tickets.length === MOST);
  markOpened();
  return tickets;
}

const find = (): Promise<void> =>
  tried("find-error", async () => {
    const tickets = await list();
    say(byId("say"), fill(t.found, { count: tickets.length }));
  });

// -- one ticket --------------------------------------------------------------------------------------------------------

function headOf(step: Step): string {
  const time = when(step.at);
  if (step.what === "entry") return fill(t.step_entry, { time, interaction: step.interaction });
  if (step.what === "message") return fill(t.step_message, { time, way: lookUp(t, `way_${step.way}`, step.way) });
  return fill(step.system ? t.step_there : t.step_change, { time, system: step.system, who: step.who });
}

function stepItem(step: Step): HTMLElement {
  const item = make("li");
  item.append(makeForeign("p", "quiet", headOf(step)));
  if (step.subject) item.append(makeForeign("p", "one-subject", step.subject));
  if (step.status) item.append(make("p", "one-subject", fill(t.status_became, { status: statusWord(step.status) })));
  if (step.about) {
    const state = lookUp(t, `state_${step.state}`, step.state);
    item.append(make("p", "", `${lookUp(t, `about_${step.about}`, step.about)}: ${state}`));
  }
  if (step.text) item.append(makeForeign("p", "said", step.text));
  return item;
}

function fact(name: string, value: string | HTMLElement): HTMLElement {
  const pair = make("div");
  const told = make("dd");
  if (typeof value === "string") told.dir = "auto";
  told.append(value);
  pair.append(make("dt", "", name), told);
  return pair;
}

function draw(ticket: Whole): void {
  opened = ticket.number;
  setText(byId("one-title"), fill(t.one, { number: ticket.number }));
  setText(byId("one-subject"), ticket.subject);
  byId("one-facts").replaceChildren(
    fact(t.status, statusWord(ticket.status)),
    fact(t.queue, titleOf(ticket.queue)),
    ...(ticket.customer ? [fact(t.customer, ticket.customer)] : []),
    fact(t.opened, when(ticket.opened_at)),
    fact(t.changed, when(ticket.changed_at)),
    fact(t.entries, String(ticket.entries)),
    ...(ticket.there ? [fact(t.there, ticket.there)] : []),
    ...(ticket.complaint ? [fact(t.kind, complaintLink())] : []),
  );
  byId<HTMLSelectElement>("new-status").value = ticket.status;
  tellProblem("status-error", "");
  byId("history").replaceChildren(...ticket.steps.map(stepItem));
  show(byId("one"), true);
  markOpened();
}

async function open(number: string): Promise<void> {
  await tried("find-error", async () => {
    draw(await get<Whole>(pathOf(number)));
    byId("one-title").focus();
  });
}

async function setStatus(): Promise<void> {
  const status = valueOf("new-status");
  const work = async (): Promise<void> => draw(await put<Whole>(`${pathOf(opened)}/status`, { status }));
  if (!(await attempt("status-error", work))) return;
  say(byId("say"), fill(t.status_is_set, { status: statusWord(status) }));
  await tried("find-error", async () => void (await list()));
}

function openAddressed(): void {
  const number = decodeURIComponent(location.hash.slice(1));
  if (/^\d/.test(number)) void open(number);
}

byId("find-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void find();
});
byId("status-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void setStatus();
});
window.addEventListener("hashchange", openAddressed);
void find().then(openAddressed);
