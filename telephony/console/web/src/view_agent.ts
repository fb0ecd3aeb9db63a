// The agent's own state, the phone's, and what to do about either.

import table from "../texts/agent.json";
import { byId, setText, show } from "./dom";
import type { Agent, AgentState, PauseReason, Said } from "./messages";
import { model, now } from "./model";
import { fill, lookUp, words } from "./texts";
import { duration } from "./times";

const t = words(table);
const IN_CALL: ReadonlySet<AgentState> = new Set<AgentState>(["offered", "ringing", "talking", "holding"]);

const TONE: Readonly<Record<AgentState, "off" | "go" | "call" | "wait">> = {
  off: "off", available: "go", offered: "call", ringing: "call", talking: "call", holding: "call", wrap_up: "wait",
  paused: "wait", not_answering: "wait", busy: "wait", unreachable: "wait",
};

export const agentState = (state: AgentState): string => lookUp(t, `state_${state}`, state);

/** The two buttons say what they say. */
export function listenToAgent(send: (said: Said) => void): void {
  byId("ready").addEventListener("click", () => send({ type: "ready" }));
  byId("pause").addEventListener("click", () => {
    send({ type: "pause", reason: byId<HTMLSelectElement>("reason").value as PauseReason });
  });
}

export function drawAgent(): void {
  const agent = model.agent;
  const state = agent?.state ?? "off";
  const away = state === "paused" || state === "not_answering";
  byId("state").dataset["tone"] = lookUp(TONE, state, "off");
  setText(byId("state-text"), stateText(agent));
  setText(byId("details"), details(agent));
  press("ready", state === "available" || (IN_CALL.has(state) && !agent?.wish), model.connected);
  press("pause", (state === "paused" && agent?.reason !== "signed_in") || Boolean(agent?.wish), model.connected);
  const why = model.refused || (away ? agent?.reason : "");
  setText(byId("hint"), lookUp(t, `hint_${why}`, ""));
  show(byId("hint"), byId("hint").textContent !== "");
  drawAgentTime();
}

function stateText(agent: Agent | null): string {
  if (!agent) return model.connected ? t.state_off : t.connecting;
  return agentState(agent.state);
}

const reasonText = (reason: string): string => lookUp(t, `reason_${reason}`, reason);

/** Why, and what next or how the phone is: the small print under the state. */
function details(agent: Agent | null): string {
  const reason = agent?.reason ? reasonText(agent.reason) : "";
  const phone = lookUp(t, `phone_${model.phone}`, "");
  const next = agent?.wish ? fill(t.next_break, { reason: reasonText(agent.wish) }) : phone;
  return [reason, next].filter(Boolean).join(" · ");
}

export function drawAgentTime(): void {
  const since = model.agent?.since;
  setText(byId("state-time"), since ? duration(now() - since) : "");
}

function press(id: string, pressed: boolean, enabled: boolean): void {
  const button = byId<HTMLButtonElement>(id);
  button.setAttribute("aria-pressed", String(pressed));
  button.disabled = !enabled;
}
