// Queues and consultants, as GET floor tells them.

import agents from "../texts/agent.json";
import table from "../texts/supervision.json";
import { byId, make, makeForeign, redraw, setText, show } from "./dom";
import type { AgentState } from "./messages";
import { queueTitle } from "./queue_titles";
import { fill, lookUp, words } from "./texts";
import { duration } from "./times";

const t = words(table);
const states = words(agents);

export interface QueueNow {
  queue: string;
  title: string;
  waiting: number;
  accessibility: number;
  since: number | null;
}

export interface AgentNow {
  login: string;
  name: string;
  state: AgentState;
  reason: string;
  since: number;
  queue: string;
  late_pops: number;
}

export interface FloorNow {
  now: number;
  queues: QueueNow[];
  agents: AgentNow[];
}

const TONE: Readonly<Record<string, string>> = { available: "go", offered: "call", ringing: "call", talking: "call", holding: "call" };
const IN_CALL = new Set<AgentState>(["offered", "ringing", "talking", "holding"]);

export function drawFloor(floor: FloorNow): void {
  redraw(byId("queues"), floor.queues.map((queue) => tile(queue, floor.now)));
  redraw(byId("agents"), floor.agents.map((agent) => row(agent, floor.now)));
  show(byId("agents-table"), floor.agents.length > 0);
  show(byId("no-agents"), floor.agents.length === 0);
  const free = floor.agents.filter(({ state }) => state === "available").length;
  const talking = floor.agents.filter(({ state }) => IN_CALL.has(state)).length;
  const others = floor.agents.length - free - talking;
  setText(byId("agents-summary"), floor.agents.length ? fill(t.summary, { free, talking, others }) : "");
}

function tile(queue: QueueNow, now: number): HTMLElement {
  const item = make("li", "tile");
  item.dataset["waiting"] = String(queue.waiting);
  const longest = queue.since === null ? t.nobody : duration(now - queue.since);
  item.append(makeForeign("h3", "", queueTitle(queue.queue, queue.title)), make("p", "tile-count", String(queue.waiting)));
  item.append(make("p", "quiet", `${t.longest}: ${longest}`));
  if (queue.accessibility) item.append(make("p", "tile-first", `${t.first}: ${queue.accessibility}`));
  return item;
}

function row(agent: AgentNow, now: number): HTMLElement {
  const line = make("tr");
  const name = makeForeign("th", "", agent.name);
  name.scope = "row";
  const state = make("td");
  const words = make("span", "agent-state");
  words.dataset["tone"] = lookUp(TONE, agent.state, agent.state === "off" ? "off" : "wait");
  const dot = make("span", "dot");
  dot.ariaHidden = "true";
  const reason = agent.reason ? ` · ${lookUp(states, `reason_${agent.reason}`, agent.reason)}` : "";
  words.append(dot, make("span", "", lookUp(states, `state_${agent.state}`, agent.state) + reason));
  state.append(words);
  line.append(name, state, make("td", "time", duration(now - agent.since)), makeForeign("td", "", agent.queue));
  line.append(make("td", "time", String(agent.late_pops)));
  return line;
}
