// The data-protection officer's page: requests and their clocks, one person's data, holds, receipts, retention, the audit.

import table from "../texts/privacy.json";
import { Problem, get, post, remove } from "./api";
import { leave } from "./session";
import { attempt, tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText, show } from "./dom";
import { fill, lookUp, words } from "./texts";
import { dateOnly, moment } from "./times";

const POLL_MS = 30_000;
const WHOLE_MS = 300_000; // every place is searched
const t = words(table);

interface PersonRequest {
  id: string;
  kind: string;
  subject: string;
  received_on: string;
  due_on: string;
  left: number;
  extended: boolean;
  answer: string | null;
  answered_on: string | null;
}

interface WholeRequest extends PersonRequest {
  number: string;
  note: string;
  entered_by: string;
  extended_why: string;
  answered_by: string;
}

interface Hold {
  id: string;
  subject: string;
  reason: string;
  placed_at: number;
  placed_by: string;
  until: number | null;
  lasts: boolean;
}

interface Erasure {
  id: string;
  subjects: string[];
  actor: string;
  begun_at: number;
  done_at: number | null;
}

interface Now {
  today: string;
  requests: PersonRequest[];
  holds: Hold[];
  erasures: Erasure[];
}

interface Preview {
  erased: Record<string, number>;
  kept: { place: string; count: number; why: string }[];
  holds: Hold[];
}

interface Line {
  line: number;
  at: number;
  actor: string;
  act: string;
  subject: string;
  fields: string[];
  why: string;
}

let opened = "";
let drawn = "";
const valueOf = (id: string): string => byId<HTMLInputElement>(id).value.trim();
const kindTitle = (kind: string): string => lookUp(t, `kind_${kind}`, kind);
const placeTitle = (place: string): string => lookUp(t, `place_${place}`, place);
const pseudonym = (subject: string): HTMLElement => make("span", "pseudonym", subject);

function cell(content: string | HTMLElement): HTMLElement {
  const element = make("td");
  element.append(content);
  return element;
}

function button(text: string, described: string, act: () => void): HTMLButtonElement {
  const element = make("button", "button-link", text);
  element.type = "button";
  element.setAttribute("aria-label", `${text}: ${described}`);
  element.addEventListener("click", act);
  return element;
}

function clockCell({ due_on, left, answer, extended }: PersonRequest): HTMLElement {
  const text = answer ? dateOnly(due_on) : fill(left < 0 ? t.clock_late : t.clock_left, { day: dateOnly(due_on), left });
  const element = make("td", "clock", extended ? `${text} ${t.extended}` : text);
  element.dataset["late"] = String(left < 0 && !answer);
  element.dataset["near"] = String(left >= 0 && left <= 7 && !answer);
  return element;
}

const answerWords = ({ answer, answered_on }: PersonRequest): string =>
  answer ? `${lookUp(t, `answer_${answer}`, answer)}, ${dateOnly(answered_on ?? "")}` : t.open;

function requestRow(request: PersonRequest): HTMLElement {
  const line = make("tr");
  const head = make("th");
  head.scope = "row";
  const opener = button(kindTitle(request.kind), request.subject, () => void open(request.id));
  opener.id = `open-${request.id}`;
  head.append(opener);
  const received = make("td", "", dateOnly(request.received_on));
  line.append(head, cell(pseudonym(request.subject)), received, clockCell(request), make("td", "", answerWords(request)));
  return line;
}

function holdRow(hold: Hold): HTMLElement {
  const line = make("tr");
  const head = make("th");
  head.scope = "row";
  head.append(pseudonym(hold.subject));
  const end = button(t.release, hold.subject, () => void release(hold));
  end.id = `release-${hold.id}`;
  line.append(
    head,
    makeForeign("td", "", hold.reason),
    make("td", "", `${moment(hold.placed_at)}, ${hold.placed_by}`),
    make("td", "", hold.until === null ? t.until_released : moment(hold.until)),
    hold.lasts ? cell(end) : make("td", "", t.over),
  );
  return line;
}

function erasureRow(erasure: Erasure): HTMLElement {
  const line = make("tr");
  const head = make("th");
  head.scope = "row";
  head.append(pseudonym(erasure.subjects.join(" ")));
  const show_ = button(t.show_receipt, erasure.subjects.join(" "), () => void receipt(erasure.id));
  show_.id = `receipt-${erasure.id}`;
  line.append(
    head,
    make("td", "", erasure.actor),
    make("td", "", moment(erasure.begun_at)),
    erasure.done_at === null ? make("td", "", t.under_way) : cell(show_),
  );
  return line;
}

function fillTable(name: string, rows: HTMLElement[]): void {
  byId(name).replaceChildren(...rows);
  show(byId(`no-${name}`), rows.length === 0);
  show(byId(`${name}-table`), rows.length > 0);
}

function draw(now: Now): void {
  setText(byId("as-of"), fill(t.as_of, { day: dateOnly(now.today) }));
  tellProblem("problem", "");
  const wanted = JSON.stringify(now);
  if (wanted === drawn) return;
  drawn = wanted;
  const focused = document.activeElement?.id;
  fillTable("requests", now.requests.map(requestRow));
  fillTable("holds", now.holds.map(holdRow));
  fillTable("erasures", now.erasures.map(erasureRow));
  if (focused) document.getElementById(focused)?.focus();
}

function counts(of: Record<string, number>, titled: (name: string) => string = (name) => name): HTMLElement[] {
  return Object.entries(of).flatMap(([name, count]) => [make("dt", "", titled(name)), make("dd", "", String(count))]);
}

async function drawRetention(): Promise<void> {
  const { days, old } = await get<{ days: Record<string, number>; old: Record<string, number> }>("privacy/retention");
  byId("days").replaceChildren(...counts(days, (name) => lookUp(t, name, name)));
  byId("old").replaceChildren(...counts(old, placeTitle));
  show(byId("no-old"), Object.keys(old).length === 0);
}

async function poll(): Promise<void> {
  if (document.hidden) return;
  try {
    draw(await get<Now>("privacy"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return leave();
    tellProblem("problem", error instanceof Problem && error.status > 0 ? error.message : t.offline);
  }
}

const pathOf = (request: string): string => `privacy/requests/${encodeURIComponent(request)}`;

async function open(request: string): Promise<void> {
  if (!(await attempt("problem", async () => drawOne(await get<WholeRequest>(pathOf(request)))))) return;
  byId("one-title").focus();
}

function drawOne(request: WholeRequest): void {
  opened = request.id;
  show(byId("one"), true);
  tellProblem("one-error", "");
  setText(byId("one-title"), fill(t.one, { kind: kindTitle(request.kind) }));
  const facts: [string, string][] = [
    [t.number, request.number || t.erased_number], [t.received, dateOnly(request.received_on)],
    [t.due, dateOnly(request.due_on)], [t.entered_by, request.entered_by], [t.note, request.note],
    [t.extend_why, request.extended_why], [t.answer, answerWords(request)],
  ];
  const told = facts.filter(([, value]) => value !== "");
  byId("one-facts").replaceChildren(...told.flatMap(([name, value]) => [make("dt", "", name), makeForeign("dd", "", value)]));
  show(byId("one-open"), request.answer === null);
  if (request.number) byId<HTMLInputElement>("person").value = request.number;
}

async function enter(event: Event): Promise<void> {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const wanted = {
    kind: valueOf("new-kind"), number: valueOf("new-number"), note: valueOf("new-note"),
    received_on: valueOf("new-received") || null,
  };
  if (!(await attempt("new-error", async () => draw(await post<Now>("privacy/requests", wanted))))) return;
  form.reset();
  say(byId("say"), t.entered);
}

async function change(path: string, body: unknown): Promise<void> {
  const work = async (): Promise<void> => drawOne(await post<WholeRequest>(`${pathOf(opened)}/${path}`, body));
  if (!(await attempt("one-error", work))) return;
  byId("one-title").focus();
  void poll();
}

async function release(hold: Hold): Promise<void> {
  const work = async (): Promise<void> => draw(await remove<Now>(`privacy/holds/${encodeURIComponent(hold.id)}`));
  if (await attempt("holds-error", work)) say(byId("say"), t.released);
}

async function hold(event: Event): Promise<void> {
  event.preventDefault();
  if (!byId<HTMLFormElement>("person-form").reportValidity()) return;
  const wanted = { number: valueOf("person"), reason: valueOf("hold-reason"), until: valueOf("hold-until") || null };
  if (!(await attempt("person-error", async () => draw(await post<Now>("privacy/holds", wanted))))) return;
  byId<HTMLFormElement>("hold-form").reset();
  say(byId("say"), t.is_held);
}

function keep(document_: unknown): void {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(document_, null, 1)], { type: "application/json" }));
  link.download = "data.json";
  link.click();
  URL.revokeObjectURL(link.href);
}

async function export_(): Promise<void> {
  const work = async (): Promise<void> =>
    keep((await post<{ document: unknown }>("privacy/export", { number: valueOf("person") }, WHOLE_MS)).document);
  if (await attempt("person-error", work)) say(byId("say"), t.exported);
}

function drawPreview({ erased, kept, holds }: Preview): void {
  show(byId("preview-part"), true);
  setText(byId("preview-held"), fill(t.held, { reason: holds.map(({ reason }) => reason).join("; ") }));
  show(byId("preview-held"), holds.length > 0);
  byId("preview-erased").replaceChildren(...counts(erased, placeTitle));
  const laws = kept.flatMap(({ place, count, why }) => [make("dt", "", `${placeTitle(place)}: ${count}`), make("dd", "", why)]);
  byId("preview-kept").replaceChildren(...laws);
  show(byId("preview-none-kept"), kept.length === 0);
  show(byId("erase"), holds.length === 0);
  byId("preview-title").focus();
}

function drawReceipt(text: string): void {
  byId<HTMLTextAreaElement>("receipt").value = text;
  show(byId("receipt-part"), true);
  byId("receipt").focus();
}

async function erase(): Promise<void> {
  say(byId("say"), t.erasing);
  const work = async (): Promise<void> =>
    drawReceipt((await post<{ receipt: string }>("privacy/erasures", { number: valueOf("person") }, WHOLE_MS)).receipt);
  if (!(await attempt("person-error", work))) return;
  show(byId("preview-part"), false);
  show(byId("one"), false);
  byId<HTMLFormElement>("person-form").reset();
  say(byId("say"), t.is_erased);
  void poll();
}

async function receipt(id: string): Promise<void> {
  const path = `privacy/erasures/${encodeURIComponent(id)}`;
  await attempt("person-error", async () => drawReceipt((await get<{ receipt: string }>(path)).receipt));
}

function lineRow(line: Line): HTMLElement {
  const row = make("tr");
  const head = make("th", "", moment(line.at));
  head.scope = "row";
  row.append(
    head,
    make("td", "", line.actor),
    make("td", "", lookUp(t, `act_${line.act}`, line.act)),
    cell(pseudonym(line.subject)),
    make("td", "", line.fields.join(", ")),
    make("td", "", line.why),
  );
  return row;
}

async function search(event: Event): Promise<void> {
  event.preventDefault();
  const wanted = { customer: valueOf("audit-customer"), actor: valueOf("audit-actor") };
  await attempt("audit-error", async () => {
    const { lines } = await post<{ lines: Line[] }>("privacy/audit", wanted);
    fillTable("lines", lines.map(lineRow));
  });
}

byId("new-form").addEventListener("submit", (event) => void enter(event));
byId("extend-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void change("extension", { why: valueOf("extend-why") });
});
for (const each of document.querySelectorAll<HTMLElement>("[data-answer]"))
  each.addEventListener("click", () => void change("answer", { answer: each.dataset["answer"] }));
byId("person-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if ((event.submitter as HTMLButtonElement | null)?.value === "export") return void export_();
  const work = async (): Promise<void> => drawPreview(await post<Preview>("privacy/preview", { number: valueOf("person") }, WHOLE_MS));
  void attempt("person-error", work);
});
byId("person").addEventListener("input", () => show(byId("preview-part"), false));
byId("hold-form").addEventListener("submit", (event) => void hold(event));
byId("erase").addEventListener("click", () => byId<HTMLDialogElement>("sure").showModal());
byId("sure").addEventListener("close", () => {
  if (byId<HTMLDialogElement>("sure").returnValue === "erase") void erase();
  byId<HTMLDialogElement>("sure").returnValue = "";
});
byId("audit-form").addEventListener("submit", (event) => void search(event));
document.addEventListener("visibilitychange", () => void poll());
setInterval(() => void poll(), POLL_MS);
void poll();
void attempt("problem", drawRetention);
