// The console's page: messages in, picture out, two buttons back.

import calls from "../texts/call.json";
import common from "../texts/common.json";
import { connect } from "./connection";
import { byId, say, setText, show } from "./dom";
import { shortcut } from "./keys";
import type { Kind, Message, Pop } from "./messages";
import { apply, model } from "./model";
import { fill, words } from "./texts";
import { agentState, drawAgent, drawAgentTime, listenToAgent } from "./view_agent";
import { announcement, drawCall, drawCallTimes, whoItIs } from "./view_call";
import { drawArticles, focusArticles, listenToArticles } from "./view_articles";
import { drawDispositions, focusDisposition, readDispositions } from "./view_dispositions";
import { drawLine, drawLineTimes, drawRecent } from "./view_line";
import { listenToNotes } from "./view_notes";
import { listenToHandOver, openHandOver } from "./view_hand_over";
import { listenToRecording } from "./view_recording";
import { listenToOutgoing } from "./view_outgoing";
import { listenToLineTest } from "./view_line_test";
import { drawSearch, listenToSearch } from "./view_search";
import { drawScript, focusScript, listenToScript } from "./view_script";
import { answerPhone, focusPhone, phoneConnected, startPhone } from "./view_phone";
import { STAGE, howItEnded } from "./words";

const t = words(calls);
const { offline, title_console, too_many_windows } = words(common);
const PAINT_FALLBACK_MS = 150; // a covered window may get no frames; its agent still has a phone

const BESIDE: readonly (() => void)[] = [drawRecent, drawDispositions, drawArticles, drawScript, drawSearch];

const DRAW: Readonly<Record<Kind, readonly (() => void)[]>> = {
  state: [drawAgent, drawCall, ...BESIDE],
  agent: [drawAgent, drawCall],
  phone: [drawAgent],
  pop: [drawCall, drawRecent],
  card: [drawCall, drawRecent],
  handed: [drawCall],
  call: [drawCall, ...BESIDE],
  hide: [drawCall, ...BESIDE],
  ticket: [drawCall, drawRecent],
  owed: [drawAgent, drawDispositions],
  disposition: [drawDispositions],
  refused: [drawAgent],
  board: [drawLine],
};

let later: Message[] | null = null; // what was heard while a pop waits to be painted

function heard(message: Message): void {
  if (later) {
    later.push(message);
    return;
  }
  const before = model.pop;
  const said = before && announcement(before);
  if (!apply(message)) return;
  if (message.type === "pop") return popped(message);
  for (const draw of DRAW[message.type]) draw();
  if (message.type === "state" && model.pop?.state === "offered") acknowledge(model.pop);
  speak(message, before);
  if (message.type === "card" || message.type === "handed") speakLater(said);
  drawTitle();
}

/** The pop first and by itself: the phone waits for it, everything else comes when it has been seen. */
function popped(pop: Pop): void {
  drawCall();
  drawTitle();
  say(byId("say-now"), announcement(pop));
  later = [];
  acknowledge(pop, () => {
    const heardMeanwhile = later ?? [];
    later = null;
    for (const draw of BESIDE) draw();
    for (const each of heardMeanwhile) heard(each);
  });
}

/** Tell the server once the pop has been painted: a task that the frame posts comes after its layout and paint. Then go on. */
function acknowledge({ interaction, attempt }: Pop, then: () => void = () => {}): void {
  let told = false;
  const tell = (visible: boolean): void => {
    if (told) return;
    told = true;
    send({ type: "painted", interaction, attempt, visible });
    then();
  };
  if (document.visibilityState === "hidden") return queueMicrotask(() => tell(false));
  const painted = new MessageChannel();
  painted.port1.onmessage = () => tell(true);
  requestAnimationFrame(() => painted.port2.postMessage(null));
  setTimeout(() => tell(false), PAINT_FALLBACK_MS);
}

function speak(message: Message, before: Pop | null): void {
  if (message.type === "hide" && before) say(byId("say-now"), t.went_back);
  if (message.type === "agent") say(byId("say"), agentState(message.state));
  if (message.type === "ticket") say(byId("say"), `${fill(t.ticket_said, { number: message.number })}.`);
  if (message.type === "call" && message.state === "ended") say(byId("say"), howItEnded(message));
}

/** What came after the pop (its card, who hands the caller over) is told with it while it is new, else by itself. */
function speakLater(before: string | null): void {
  const pop = model.pop;
  if (!pop || announcement(pop) === before) return;
  say(byId("say-now"), STAGE[pop.state] < 2 ? announcement(pop) : whoItIs(pop));
}

function drawTitle(): void {
  const ringing = model.pop && STAGE[model.pop.state] < 2;
  const title = ringing ? fill(t.title_ringing, { queue: model.pop?.queue || t.a_call }) : title_console;
  if (document.title !== title) document.title = title;
}

function lineChanged(connected: boolean, full: boolean): void {
  if (connected !== model.connected) {
    model.connected = connected;
    drawAgent();
    if (connected) phoneConnected();
  }
  setText(byId("offline"), connected ? "" : full ? too_many_windows : offline);
  show(byId("offline"), !connected);
}

const send = connect(heard, lineChanged);
listenToAgent(send);
listenToNotes();
listenToLineTest();
listenToOutgoing();
listenToRecording();
listenToHandOver();
listenToArticles();
listenToScript();
listenToSearch();
void readDispositions(() => {
  drawCall();
  drawDispositions();
});
void startPhone();
shortcut("a", answerPhone);
shortcut("f", focusPhone);
shortcut("t", openHandOver);
shortcut("n", () => byId("note").focus());
shortcut("b", focusArticles);
shortcut("k", focusScript);
shortcut("w", focusDisposition);
shortcut("d", () => byId("ready").click());
shortcut("p", () => byId("pause").click());
shortcut("r", () => byId("call").focus());
setInterval(() => {
  drawAgentTime();
  drawCallTimes();
  drawLineTimes();
}, 500);
