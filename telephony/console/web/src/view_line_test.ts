// A test of the caller's line: measured for some seconds while the two talk on, and told in words and figures.

import table from "../texts/line_test.json";
import { get } from "./api";
import { attempt } from "./dialogs";
import { byId, say, setText, show } from "./dom";
import { model, now, ownTalk } from "./model";
import { fill, lookUp, words } from "./texts";
import { addToNote } from "./view_notes";

const t = words(table);
const TEST_S = 16; // Asterisk and far ends report about every 5 s

interface Direction {
  verdict: "good" | "degraded" | "bad" | "none";
  loss_ratio: number | null;
  jitter_ms: number | null;
  mos: number | null;
  verdicts: string[]; // what was found wrong, by name
}

interface LineQuality {
  measured_s: number;
  received: Direction;
  sent: Direction;
  rtt_ms: number | null;
}

let tested = ""; // the call whose line is being tested, or was
let result = "";


/** Another call has come into hand: what was measured belongs to the one before. */
export function drawLineTest(): void {
  if (tested && model.pop?.interaction !== tested) tell("", "");
}

function tell(interaction: string, text: string): void {
  tested = interaction;
  setText(byId("line-result"), text);
  show(byId("line-test-told"), text !== "");
  show(byId("line-note"), result !== "" && text === result);
}

function start(): void {
  const interaction = ownTalk();
  if (!interaction) return;
  const since = now();
  result = "";
  tell(interaction, fill(t.measuring, { seconds: TEST_S }));
  say(byId("say"), fill(t.measuring, { seconds: TEST_S }));
  setTimeout(() => void finish(interaction, since), TEST_S * 1000);
}

async function finish(interaction: string, since: number): Promise<void> {
  if (tested !== interaction) return;
  const path = `calls/${encodeURIComponent(interaction)}/line?since=${since}`;
  const done = await attempt("line-error", async () => {
    result = inWords(await get<LineQuality>(path));
  });
  tell(interaction, done ? result : "");
  if (done) say(byId("say"), result);
}

function inWords({ received, sent, rtt_ms }: LineQuality): string {
  const delay = rtt_ms === null ? "" : fill(t.delay, { ms: Math.round(rtt_ms) });
  return [direction(t.received, received), direction(t.sent, sent), delay].filter(Boolean).join(" ");
}

function direction(whose: string, { verdict, loss_ratio, jitter_ms, mos, verdicts }: Direction): string {
  const figures = [
    ...verdicts.map((name) => lookUp(t, `wrong_${name}`, name)),
    loss_ratio === null ? "" : fill(t.loss, { percent: (loss_ratio * 100).toFixed(1) }),
    jitter_ms === null ? "" : fill(t.jitter, { ms: Math.round(jitter_ms) }),
    mos === null ? "" : `MOS ${mos.toFixed(1)}`,
  ].filter(Boolean);
  const word = lookUp(t, `verdict_${verdict}`, verdict);
  return `${whose}: ${word}${figures.length ? ` (${figures.join(", ")})` : ""}.`;
}

export function listenToLineTest(): void {
  byId("line-test").addEventListener("click", start);
  byId("line-note").addEventListener("click", () => {
    addToNote(fill(t.noted, { result }));
    show(byId("line-note"), false);
  });
}
