// The knowledge base beside the call: what fits it, a search as typed, an article in parts. What is shown is text only.

import table from "../texts/articles.json";
import { Problem, get, post } from "./api";
import { byId, make, makeForeign, setText, show } from "./dom";
import { model } from "./model";
import { fill, plural, words } from "./texts";

const t = words(table);
const QUIET_MS = 250; // after the last key

interface Part {
  text: string;
  strong: boolean;
  article: string; // the id of another one to which it leads
}

interface Found {
  id: string;
  title: string;
  language: string;
  snippet: Part[];
}

interface Article {
  id: string;
  title: string;
  language: string;
  blocks: { kind: "heading" | "paragraph" | "bullet" | "step"; parts: Part[] }[];
}

const field = (): HTMLInputElement => byId<HTMLInputElement>("article-search");
const interaction = (): string => model.pop?.interaction ?? "";

let shownFor = "none"; // the call whose articles are listed
let asked = 0; // an answer to an older question is not shown
let timer = 0;
let open = ""; // the article that is read

/** Another call is in hand: what fits it, unless something is being searched for. */
export function drawArticles(): void {
  if (interaction() === shownFor) return;
  shownFor = interaction();
  if (!field().value) void list();
}

async function list(): Promise<void> {
  const question = ++asked;
  const text = field().value.trim();
  const call = interaction();
  const path = text
    ? `articles?${new URLSearchParams({ text, interaction: call }).toString()}`
    : `calls/${encodeURIComponent(call)}/articles`;
  const none = { articles: [] as Found[] };
  try {
    const found = text || call ? await get<typeof none>(path) : none;
    if (question === asked) drawList(found.articles, text);
  } catch (error) {
    if (question === asked) setText(byId("article-told"), error instanceof Problem && error.status ? error.message : t.away);
  }
}

function drawList(found: Found[], text: string): void {
  byId("article-list").replaceChildren(...found.map(item));
  setText(byId("article-told"), told(found.length, text));
}

function told(count: number, text: string): string {
  if (!text) return count ? t.fit : t.hint;
  return count ? fill(t[`found_${plural(count)}`], { count }) : t.nothing;
}

function item(found: Found): HTMLElement {
  const row = make("li");
  const button = makeForeign("button", "article-link", found.title);
  button.type = "button";
  button.lang = found.language;
  button.addEventListener("click", () => void read(found.id));
  const text = make("p", "quiet article-snippet");
  text.lang = found.language;
  text.append(...found.snippet.map((part) => makeForeign(part.strong ? "mark" : "span", "", part.text)));
  row.append(button, text);
  return row;
}

async function read(id: string): Promise<void> {
  const article = await get<Article>(`articles/${encodeURIComponent(id)}`).catch(() => null);
  if (!article) return setText(byId("article-told"), t.away);
  open = article.id;
  setText(byId("article-title"), article.title);
  byId("article").lang = article.language;
  byId("article-body").replaceChildren(...blocks(article));
  setText(byId("article-use-told"), "");
  show(byId("article"), true);
  show(byId("article-found"), false);
  byId("article-title").focus();
  void use("opened");
}

function blocks(article: Article): HTMLElement[] {
  const all: HTMLElement[] = [];
  for (const { kind, parts } of article.blocks) {
    const element = make(kind === "heading" ? "h4" : kind === "paragraph" ? "p" : "li");
    element.append(...parts.map(inline));
    const listed = kind === "bullet" ? "UL" : kind === "step" ? "OL" : "";
    const last = all.at(-1);
    if (listed && last?.tagName === listed) last.append(element);
    else if (listed) all.push(wrap(listed === "UL" ? "ul" : "ol", element));
    else all.push(element);
  }
  return all;
}

function wrap(tag: "ul" | "ol", element: HTMLElement): HTMLElement {
  const list = make(tag, "article-steps");
  list.append(element);
  return list;
}

function inline(part: Part): HTMLElement {
  if (!part.article) return make(part.strong ? "strong" : "span", "", part.text);
  const link = make("button", "article-link", part.text);
  link.type = "button";
  link.addEventListener("click", () => void read(part.article));
  return link;
}

async function use(what: "opened" | "helped" | "did_not_help"): Promise<void> {
  const kept = await post(`articles/${encodeURIComponent(open)}/use`, { use: what, interaction: interaction() }).then(
    () => true,
    () => false,
  );
  if (what !== "opened") setText(byId("article-use-told"), kept ? t.thanks : t.away);
}

function close(): void {
  show(byId("article"), false);
  show(byId("article-found"), true);
  field().focus();
}

/** Opens one from elsewhere on the page, such as a step of a script. */
export const readArticle = (id: string): void => void read(id);
export const focusArticles = (): void => field().focus();

export function listenToArticles(): void {
  field().addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void list(), QUIET_MS);
  });
  byId("article-back").addEventListener("click", close);
  byId("article-helped").addEventListener("click", () => void use("helped"));
  byId("article-failed").addEventListener("click", () => void use("did_not_help"));
  byId("articles").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("article").hidden) close();
  });
  setText(byId("article-told"), t.hint);
}
