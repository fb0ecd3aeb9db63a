// The agent's own state, the phone's, and what to do about either.

import { byId, setText, show } from "./dom.js";
import { model, now } from "./model.js";
import { AGENT_STATE, HINT, PHONE, REASON, TONE, duration } from "./words.js";

const IN_CALL = new Set(["offered", "ringing", "talking"]);

export function drawAgent() {
  const agent = model.agent;
  const state = agent?.state ?? "off";
  const reason = agent?.reason ? REASON[agent.reason] ?? agent.reason : "";
  byId("state").dataset.tone = TONE[state] ?? "off";
  setText(byId("state-text"), agent ? AGENT_STATE[state] + (reason ? `: ${reason}` : "") : "Łączę…");
  setText(byId("phone"), PHONE[model.phone] ?? "");
  const paused = state === "paused";
  press("ready", state === "available" || (IN_CALL.has(state) && !paused), model.connected);
  press("pause", paused && agent?.reason !== "signed_in", model.connected);
  setText(byId("hint"), paused ? HINT[agent.reason] ?? "" : "");
  show(byId("hint"), byId("hint").textContent !== "");
  drawAgentTime();
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
