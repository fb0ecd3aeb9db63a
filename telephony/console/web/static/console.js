// The console's page: messages in, picture out, two buttons back.

import { connect } from "./connection.js";
import { byId, say, setText, show } from "./dom.js";
import { apply, model } from "./model.js";
import { drawAgent, drawAgentTime } from "./view_agent.js";
import { announcement, drawCall, drawCallTimes } from "./view_call.js";
import { drawLine, drawLineTimes, drawRecent } from "./view_line.js";
import { AGENT_STATE, STAGE, howItEnded } from "./words.js";

const PAINT_FALLBACK_MS = 150; // a covered window may get no frames; its agent still has a phone

const DRAW = {
  state: [drawAgent, drawCall, drawRecent],
  agent: [drawAgent, drawCall],
  phone: [drawAgent],
  pop: [drawCall, drawRecent],
  card: [drawCall, drawRecent],
  call: [drawCall, drawRecent],
  hide: [drawCall, drawRecent],
  ticket: [drawCall, drawRecent],
  board: [drawLine],
};

function heard(message) {
  const before = model.pop;
  if (!apply(message)) return;
  if (message.type === "pop") return popped(message);
  for (const draw of DRAW[message.type]) draw();
  if (message.type === "state" && model.pop?.state === "offered") acknowledge(model.pop);
  speak(message, before);
  drawTitle();
}

/** The pop first and by itself: everything else can wait for the next frame. */
function popped(pop) {
  drawCall();
  acknowledge(pop);
  say(byId("say-now"), announcement(pop));
  drawRecent();
  drawTitle();
}

/** Tell the server once the pop has really been painted: a frame has passed after the one that drew it. */
function acknowledge({ interaction, attempt }) {
  let told = false;
  const tell = (visible) => {
    if (told) return;
    told = true;
    send({ type: "painted", interaction, attempt, visible });
  };
  if (document.visibilityState === "hidden") return void queueMicrotask(() => tell(false));
  requestAnimationFrame(() => requestAnimationFrame(() => tell(true)));
  setTimeout(() => tell(false), PAINT_FALLBACK_MS);
}

function speak(message, before) {
  if (message.type === "hide" && before) say(byId("say-now"), "Rozmowa wróciła do kolejki.");
  if (message.type === "agent") say(byId("say"), AGENT_STATE[message.state] ?? "");
  if (message.type === "ticket") say(byId("say"), `Zgłoszenie ${message.number}.`);
  if (message.type === "call" && message.state === "ended") say(byId("say"), howItEnded(message));
}

function drawTitle() {
  const ringing = model.pop && STAGE[model.pop.state] < 2;
  const title = ringing ? `☎ ${model.pop.queue || "Rozmowa"} · Konsola` : "Konsola MARSOFT";
  if (document.title !== title) document.title = title;
}

function lineChanged(connected, full) {
  if (connected !== model.connected) {
    model.connected = connected;
    drawAgent();
  }
  const text = full
    ? "Otwartych jest zbyt wiele okien konsoli. Zamknij jedno z nich."
    : "Brak połączenia z serwerem. Łączę ponownie… Trwające rozmowy toczą się dalej.";
  setText(byId("offline"), connected ? "" : text);
  show(byId("offline"), !connected);
}

byId("ready").addEventListener("click", () => send({ type: "ready" }));
byId("pause").addEventListener("click", () => send({ type: "pause", reason: byId("reason").value }));
setInterval(() => {
  drawAgentTime();
  drawCallTimes();
  drawLineTimes();
}, 500);

const send = connect(heard, lineChanged);
