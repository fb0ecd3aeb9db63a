// The line and the calls before this one.

import call from "../texts/call.json";
import common from "../texts/common.json";
import table from "../texts/line.json";
import { byId, make, makeForeign, setText, show } from "./dom";
import type { Lane, Pop } from "./messages";
import { model, now } from "./model";
import { fill, words } from "./texts";
import { clockTime, duration } from "./times";
import { callerName, howItEnded } from "./words";

const t = words(table);
const { accessibility, accessibility_inline } = words(common);
const { ticket_said } = words(call);

export function drawLine(): void {
  byId("lanes").replaceChildren(...model.lanes.map(laneItem));
  drawLineTimes();
}

function laneItem(lane: Lane): HTMLElement {
  const first = lane.lane === "accessibility";
  const item = make("li", `lane lane-${first ? "first" : "standard"}`);
  item.dataset["busy"] = String(lane.waiting > 0);
  const longest = make("p", "lane-wait quiet");
  longest.dataset["since"] = String(lane.since ?? "");
  const text = make("div");
  text.append(make("p", "lane-name", first ? accessibility : t.standard), longest);
  item.append(make("p", "lane-count", String(lane.waiting)), text);
  return item;
}

export function drawLineTimes(): void {
  for (const element of document.querySelectorAll<HTMLElement>(".lane-wait")) {
    const since = Number(element.dataset["since"]);
    setText(element, since ? fill(t.longest, { time: duration(now() - since) }) : t.nobody);
  }
}

export function drawRecent(): void {
  show(byId("no-recent"), model.recent.length === 0);
  byId("recent").replaceChildren(...model.recent.map(recentItem));
}

function recentItem(pop: Pop): HTMLElement {
  const item = make("li", "recent-call");
  const head = make("p", "recent-who");
  head.append(makeForeign("span", "", callerName(pop)), make("span", "quiet time", clockTime(pop.offered_at)));
  const talked = pop.answered_at && pop.talk_ended_at && !pop.missed ? pop.talk_ended_at - pop.answered_at : null;
  const parts = [pop.queue, talked === null ? howItEnded(pop) : duration(talked)];
  if (pop.lane === "accessibility") parts.push(accessibility_inline);
  item.append(head, makeForeign("p", "quiet", parts.filter(Boolean).join(" · ")));
  if (pop.ticket) item.append(make("p", "recent-ticket", fill(ticket_said, { number: pop.ticket })));
  return item;
}
