// The agent's own state, the phone's, and what to do about either.

import { byId, setText, show } from "./dom.js";
import { model, now } from "./model.js";
import { AGENT_STATE, HINT, PHONE, REASON, TONE, duration } from "./words.js";

const IN_CALL = new Set(["offered", "ringing", "talking", "holding"]);

export function drawAgent() {
  const agent = model.agent;
  const state = agent?.state ?? "off";
  const away = state === "paused" || state === "not_answering";
  byId("state").dataset.tone = TONE[state] ?? "off";
  setText(byId("state-text"), stateText(agent));
  setText(byId("details"), details(agent));
  press("ready", state === "available" || (IN_CALL.has(state) && !agent.wish), model.connected);
  press("pause", (state === "paused" && agent.reason !== "signed_in") || Boolean(agent?.wish), model.connected);
  setText(byId("hint"), away ? HINT[agent.reason] ?? "" : "");
  show(byId("hint"), byId("hint").textContent !== "");
  drawAgentTime();
}

function stateText(agent) {
  if (!agent) return model.connected ? AGENT_STATE.off : "Łączę…";
  return AGENT_STATE[agent.state] ?? agent.state;
}

/** Why, and what next or how the phone is: the small print under the state. */
function details(agent) {
  const reason = agent?.reason ? REASON[agent.reason] ?? agent.reason : "";
  const next = agent?.wish ? `potem przerwa: ${REASON[agent.wish] ?? agent.wish}` : PHONE[model.phone];
  return [reason, next].filter(Boolean).join(" · ");
}

export function drawAgentTime() {
  const since = model.agent?.since;
  setText(byId("state-time"), since ? duration(now() - since) : "");
}

function press(id, pressed, enabled) {
  const button = byId(id);
  button.setAttribute("aria-pressed", String(pressed));
  button.disabled = !enabled;
}
