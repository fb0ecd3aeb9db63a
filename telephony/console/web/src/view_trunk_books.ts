// What was applied at each node and what came of it, the latest first; and the way back to an earlier revision.

import table from "../texts/trunks.json";
import { byId, make, makeForeign } from "./dom";
import { fill, lookUp, words } from "./texts";
import { moment } from "./times";
import { english } from "./view_trunk_plan";

const t = words(table);

interface Past {
  at: number;
  actor: string;
  old: string;
  new: string;
  outcome: string;
  reason: string;
}

export interface Book {
  node: string;
  current: string;
  back: string[];
  past: Past[];
  trouble: string;
}

function row(past: Past): HTMLElement {
  const line = make("tr");
  const head = make("th", "", moment(past.at));
  head.scope = "row";
  line.append(
    head, makeForeign("td", "", past.actor),
    makeForeign("td", "", `${past.old || t.no_revision} → ${past.new || t.no_revision}`),
    make("td", "", lookUp(t, `outcome_${past.outcome}`, past.outcome)), english("td", past.reason),
  );
  return line;
}

function tableOf(book: Book, title: string): HTMLElement {
  const frame = make("div", "table");
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-labelledby", title);
  const [whole, head, line, body] = [make("table"), make("thead"), make("tr"), make("tbody")];
  for (const text of [t.at, t.who, t.from_to, t.outcome, t.reason]) {
    const cell = make("th", "", text);
    cell.scope = "col";
    line.append(cell);
  }
  head.append(line);
  body.append(...book.past.map(row));
  whole.append(head, body);
  frame.append(whole);
  return frame;
}

function wayBack(book: Book, goBack: (node: string, revision: string) => void): HTMLElement {
  const form = make("form", "trunk-back");
  const label = make("label", "", fill(t.back_to, { node: book.node }));
  const choice = make("select");
  choice.id = `back-${book.node}`;
  for (const revision of book.back) {
    const option = make("option", "", revision);
    option.value = revision;
    choice.append(option);
  }
  label.append(choice);
  const button = make("button", "button", t.go_back);
  button.setAttribute("aria-label", fill(t.go_back_node, { node: book.node }));
  form.append(label, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    goBack(book.node, choice.value);
  });
  return form;
}

function drawBook(book: Book, goBack: (node: string, revision: string) => void): HTMLElement {
  const part = make("div", "trunk-book");
  const title = makeForeign("h3", "", fill(t.node, { node: book.node }));
  title.id = `book-${book.node}`;
  part.append(title);
  if (book.trouble) {
    part.append(english("p", book.trouble));
    return part;
  }
  part.append(make("p", "", fill(t.in_force, { revision: book.current || t.no_revision })));
  if (book.back.length) part.append(wayBack(book, goBack));
  part.append(book.past.length ? tableOf(book, title.id) : make("p", "", t.none_history));
  return part;
}

export function drawBooks(books: readonly Book[], goBack: (node: string, revision: string) => void): void {
  byId("books").replaceChildren(...books.map((book) => drawBook(book, goBack)));
}
