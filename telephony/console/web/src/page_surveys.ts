// The page for surveys: the NPS of a quarter by department, as a table and a picture, and the week for editors.

import table from "../texts/surveys.json";
import { Problem, get } from "./api";
import { tellProblem } from "./dialogs";
import { byId, make, makeForeign, say, setText } from "./dom";
import { queueTitle } from "./queue_titles";
import { leave } from "./session";
import { fill, language, words } from "./texts";
import { type Quarter, picture } from "./view_nps";

const t = words(table);
const one = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const two = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });

interface Department extends Quarter {
  department: string;
  title: string;
  detractors: number;
  passives: number;
  promoters: number;
  csat_mean: number | null;
  csat_answers: number;
}

interface Report {
  quarter: string;
  links: number;
  answered: number;
  departments: Department[];
  earlier: Department[];
}

interface Digest {
  week: string;
  articles_week: string;
  dispositions: { title: string; calls: number }[];
  places: { title: string; calls: number }[];
  comments: { department: string; comment: string }[];
  articles: { article: string; title: string; opened: number; called_again: number; scored_badly: number; said_so: number }[];
}

function cells(head: string, values: readonly string[]): HTMLElement {
  const line = make("tr");
  const title = makeForeign("th", "", head);
  title.scope = "row";
  line.append(title, ...values.map((value) => make("td", "", value)));
  return line;
}

const nameOf = ({ department, title }: Department): string =>
  department === "*" ? t.all : department === "" ? t.none_department : queueTitle(department, title || department);

function interval({ nps_low: low, nps_high: high }: Quarter): string {
  return low === null || high === null ? t.no_answers : fill(t.between, { low: one.format(low), high: one.format(high) });
}

function departmentRow(each: Department): HTMLElement {
  return cells(nameOf(each), [
    each.nps === null ? t.no_answers : one.format(each.nps),
    interval(each),
    String(each.nps_answers),
    `${each.detractors} / ${each.passives} / ${each.promoters}`,
    each.csat_mean === null ? t.no_answers : two.format(each.csat_mean),
    String(each.csat_answers),
  ]);
}

async function drawReport(quarter: string): Promise<void> {
  const report = await get<Report>(`surveys/report?quarter=${encodeURIComponent(quarter)}`);
  byId<HTMLInputElement>("quarter").value = report.quarter;
  setText(byId("links"), fill(t.links, { sent: report.links, answered: report.answered }));
  byId("departments").replaceChildren(...report.departments.map(departmentRow));
  const told = report.earlier.map((each) => `${each.quarter}: ${each.nps === null ? t.no_answers : one.format(each.nps)}, ${interval(each)}`);
  byId("picture").replaceChildren(picture(report.earlier, "picture-title", told.join("; ")));
}

function listed(title: string, heads: readonly string[], lines: readonly HTMLElement[]): HTMLElement[] {
  const head = make("h3", "", title);
  if (lines.length === 0) return [head, make("p", "", t.nothing)];
  const frame = make("div", "table");
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", title);
  const whole = make("table");
  const row = make("tr");
  row.append(
    ...heads.map((each) => {
      const cell = make("th", "", each);
      cell.scope = "col";
      return cell;
    }),
  );
  const [top, body] = [make("thead"), make("tbody")];
  top.append(row);
  body.append(...lines);
  whole.append(top, body);
  frame.append(whole);
  return [head, frame];
}

async function drawDigest(week: string): Promise<void> {
  const digest = await get<Digest>(`surveys/digest?week=${encodeURIComponent(week)}`);
  byId<HTMLInputElement>("week").value = digest.week;
  const counted = (all: Digest["places"]): HTMLElement[] => all.map(({ title, calls }) => cells(title, [String(calls)]));
  const articles = digest.articles.map((each) =>
    cells(each.title, [each.opened, each.called_again, each.scored_badly, each.said_so].map(String)),
  );
  const comments = make("ul", "comments");
  comments.append(...digest.comments.map(({ department, comment }) => makeForeign("li", "", department ? `${department}: ${comment}` : comment)));
  byId("digest").replaceChildren(
    ...listed(t.dispositions, [t.what, t.calls], counted(digest.dispositions)),
    ...listed(t.places, [t.what, t.calls], counted(digest.places)),
    ...listed(fill(t.articles, { week: digest.articles_week }), [t.article, t.opened, t.called_again, t.scored_badly, t.said_so], articles),
    make("h3", "", t.comments),
    digest.comments.length > 0 ? comments : make("p", "", t.nothing),
  );
}

/** Draw it, and tell what went wrong at `errorId`; `said`: a screen reader hears that it is there. */
async function shown(work: () => Promise<void>, errorId: string, said: string): Promise<void> {
  tellProblem(errorId, "");
  try {
    await work();
    if (said) say(byId("say"), fill(t.shown, { what: said }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return leave();
    tellProblem(errorId, error.status > 0 ? error.message : t.offline);
  }
}

function asked(kind: "quarter" | "week", draw: (name: string) => Promise<void>): void {
  byId(`${kind}-form`).addEventListener("submit", (event) => {
    event.preventDefault();
    const name = byId<HTMLInputElement>(kind).value.trim();
    void shown(() => draw(name), `${kind}-error`, name);
  });
}

asked("quarter", drawReport);
asked("week", drawDigest);
void shown(() => drawReport(""), "problem", "");
void shown(() => drawDigest(""), "problem", "");
