// The queue's script beside the call, step by step; where one is in each call is remembered while the page is open.

import table from "../texts/script.json";
import { get } from "./api";
import { byId, make, setText, show } from "./dom";
import { model } from "./model";
import { language, words } from "./texts";
import { readArticle } from "./view_articles";

const t = words(table);
const CALLS = 50; // whose way through the script is remembered

interface Saying {
  pl: string;
  en: string;
}

interface Step {
  say: Saying;
  ways: { words: Saying; next: string }[];
  articles: string[];
}

interface Script {
  title: Saying;
  start: string;
  steps: Record<string, Step>;
}

const scripts = new Map<string, Script | null>(); // queue → its script; null: none, or on its way
const trails = new Map<string, string[]>(); // call → the steps gone so far
let drawn = "";

export function drawScript(): void {
  const queue = model.pop?.queue_name ?? "";
  if (queue && !scripts.has(queue)) void fetchScript(queue);
  const script = scripts.get(queue) ?? null;
  show(byId("script"), Boolean(script && model.pop && !model.pop.missed));
  if (script && model.pop) drawStep(script, model.pop.interaction);
}

async function fetchScript(queue: string): Promise<void> {
  scripts.set(queue, null);
  const script = await get<Script>(`scripts/${encodeURIComponent(queue)}`).catch(() => null);
  scripts.set(queue, script);
  if (script) drawScript();
}

function drawStep(script: Script, call: string): void {
  const trail = trails.get(call) ?? [script.start];
  const name = trail.at(-1) ?? script.start;
  const step = script.steps[name];
  if (!step || drawn === `${call} ${trail.join(" ")}`) return;
  drawn = `${call} ${trail.join(" ")}`;
  setText(byId("script-title"), script.title[language]);
  setText(byId("script-say"), step.say[language]);
  const ways = step.ways.map((way) => button("button", way.words[language], () => go(call, [...trail, way.next])));
  byId("script-ways").replaceChildren(...ways);
  byId("script-articles").replaceChildren(
    ...step.articles.map((id) => button("article-link", `${t.article} ${id}`, () => readArticle(id))),
  );
  byId<HTMLButtonElement>("script-back").disabled = trail.length < 2;
}

function button(className: string, text: string, action: () => void): HTMLElement {
  const item = make("li");
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", action);
  item.append(made);
  return item;
}

/** What is to be said is what a keyboard user and a screen reader come to next. */
function go(call: string, trail: string[]): void {
  trails.delete(call);
  trails.set(call, trail);
  for (const oldest of trails.keys()) {
    if (trails.size <= CALLS) break;
    trails.delete(oldest);
  }
  drawScript();
  focusScript();
}

export const focusScript = (): void => byId("script-say").focus();

export function listenToScript(): void {
  byId("script-back").addEventListener("click", () => {
    const call = model.pop?.interaction ?? "";
    const trail = trails.get(call) ?? [];
    if (trail.length > 1) go(call, trail.slice(0, -1));
  });
}
