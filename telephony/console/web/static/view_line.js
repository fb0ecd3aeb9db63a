// The line and the calls before this one.

import { byId, make, makeForeign, setText, show } from "./dom.js";
import { model, now } from "./model.js";
import { LANE, callerName, clockTime, duration, howItEnded } from "./words.js";

export function drawLine() {
  const list = byId("lanes");
  list.replaceChildren(...model.lanes.map(laneItem));
  drawLineTimes();
}

function laneItem(lane) {
  const item = make("li", `lane lane-${lane.lane === "accessibility" ? "first" : "standard"}`);
  item.dataset.busy = lane.waiting > 0;
  const words = make("p", "lane-name", LANE[lane.lane]);
  const longest = make("p", "lane-wait quiet");
  longest.dataset.since = lane.since ?? "";
  const text = make("div");
  text.append(words, longest);
  item.append(make("p", "lane-count", String(lane.waiting)), text);
  return item;
}

export function drawLineTimes() {
  for (const element of document.querySelectorAll(".lane-wait")) {
    const since = Number(element.dataset.since);
    setText(element, since ? `najdłużej ${duration(now() - since)}` : "nikt nie czeka");
  }
}

export function drawRecent() {
  show(byId("no-recent"), model.recent.length === 0);
  byId("recent").replaceChildren(...model.recent.map(recentItem));
}

function recentItem(pop) {
  const item = make("li", "recent-call");
  const head = make("p", "recent-who");
  head.append(makeForeign("span", "", callerName(pop)), make("span", "quiet time", clockTime(pop.offered_at)));
  const talked = pop.answered_at && pop.talk_ended_at && !pop.missed;
  const parts = [pop.queue, talked ? duration(pop.talk_ended_at - pop.answered_at) : howItEnded(pop)];
  if (pop.lane === "accessibility") parts.push("wsparcie dostępności");
  item.append(head, makeForeign("p", "quiet", parts.filter(Boolean).join(" · ")));
  if (pop.ticket) item.append(make("p", "recent-ticket", `Zgłoszenie ${pop.ticket}`));
  return item;
}
