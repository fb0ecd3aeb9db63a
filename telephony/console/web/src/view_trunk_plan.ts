// What a file of trunks would change, in words: the page never learns a secret, which the server hides.

import table from "../texts/trunks.json";
import { byId, make, makeForeign, show } from "./dom";
import { fill, lookUp, words } from "./texts";

const t = words(table);

interface Change {
  kind: string;
  name: string;
  act: string;
  option: string;
  running: string;
  wanted: string;
}

interface NodePlan {
  node: string;
  count: number;
  changes: Change[];
  affected: { trunk: string; calls: number }[];
  trouble: string;
}

export interface Plan {
  seen: string;
  wrong: { line: number; column: number; message: string }[];
  nodes: NodePlan[];
}

/** Text of the server's, which is in English. */
export function english<K extends keyof HTMLElementTagNameMap>(tag: K, text: string): HTMLElementTagNameMap[K] {
  const element = makeForeign(tag, "", text);
  element.lang = "en";
  return element;
}

const value = (text: string): string => (text === "(secret)" ? t.secret : text || t.nothing);

function sentence({ kind, name, act, option, running, wanted }: Change): string {
  const what = fill(lookUp(t, `kind_${kind}`, `${kind} {name}`), { name });
  const named = lookUp(t, `option_${option}`, option);
  return fill(lookUp(t, `act_${act}`, act), { what, option: named, running: value(running), wanted: value(wanted) });
}

function changes({ node, changes: told, count }: NodePlan, title: string): HTMLElement {
  const list = make("ul", "trunk-changes");
  list.append(...told.map((each) => makeForeign("li", "", sentence(each))));
  if (count > told.length) list.append(make("li", "", fill(t.more_changes, { count: count - told.length })));
  const frame = make("div", "trunk-scroll");
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-labelledby", title);
  frame.id = `changes-${node}`;
  frame.append(list);
  return frame;
}

function drawNode(plan: NodePlan): HTMLElement {
  const part = make("div");
  const title = make("h3", "", fill(t.node, { node: plan.node }));
  title.id = `plan-${plan.node}`;
  part.append(title);
  if (plan.trouble) {
    part.append(english("p", plan.trouble));
    return part;
  }
  if (!plan.count) {
    part.append(make("p", "", t.no_changes));
    return part;
  }
  const calls = plan.affected.map((each) => makeForeign("p", "", fill(t.affected, { ...each })));
  part.append(
    make("p", "", fill(t.changes, { count: plan.count })), changes(plan, title.id),
    ...(calls.length ? calls : [make("p", "", t.affected_none)]),
  );
  return part;
}

function wrong({ wrong: found }: Plan): HTMLElement {
  const part = make("div");
  const list = make("ul");
  for (const { line, column, message } of found) {
    const item = make("li", "", fill(t.wrong_place, { line, column }));
    item.append(english("span", message));
    list.append(item);
  }
  part.append(make("p", "", t.wrong), list);
  return part;
}

/** Nothing is shown without a plan. */
export function drawPlan(plan: Plan | undefined): void {
  const parts = !plan ? [] : plan.wrong.length ? [wrong(plan)] : plan.nodes.map(drawNode);
  byId("plan").replaceChildren(...parts);
  show(byId("apply-button"), Boolean(plan?.nodes.some((each) => each.count > 0)));
}
