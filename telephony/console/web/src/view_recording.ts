// The recording of the talk: in sight where there is one, paused with a reason, resumed.

import table from "../texts/recording.json";
import { get, put } from "./api";
import { attempt, tellProblem } from "./dialogs";
import { byId, say, setText, show } from "./dom";
import { ownTalk } from "./model";
import { fill, words } from "./texts";
import { clockTime } from "./times";

const t = words(table);

type Reason = "card" | "secret" | "wish" | "other";

interface Recording {
  recorded: boolean;
  paused: Reason | null;
  since: number | null;
}

let shown = ""; // the talk whose recording is shown
let now: Recording = { recorded: false, paused: null, since: null };

const path = (interaction: string): string => `calls/${encodeURIComponent(interaction)}/recording`;

/** A talk has begun or ended: whether it is recorded is asked once. */
export function drawRecording(): void {
  const interaction = ownTalk();
  if (interaction === shown) return;
  shown = interaction;
  tellProblem("recording-error", "");
  tell({ recorded: false, paused: null, since: null });
  if (interaction) void read(interaction);
}

async function read(interaction: string): Promise<void> {
  const told = await get<Recording>(path(interaction)).catch(() => null);
  if (told && interaction === shown) tell(told);
}

function tell(recording: Recording): void {
  now = recording;
  show(byId("recording"), now.recorded);
  byId("recording").dataset["paused"] = String(now.paused !== null);
  setText(byId("recording-state"), stateText());
  setText(byId("recording-change"), now.paused ? t.resume : t.pause);
  show(byId("recording-reasons"), !now.paused);
}

function stateText(): string {
  if (!now.paused) return now.recorded ? t.runs : "";
  return fill(t.paused, { reason: t[`reason_${now.paused}`], time: clockTime(now.since ?? 0) });
}

async function change(): Promise<void> {
  const interaction = shown;
  const reason = byId<HTMLSelectElement>("recording-reason").value as Reason;
  const work = async (): Promise<void> => {
    const told = await put<Recording>(path(interaction), { pause: now.paused ? null : reason });
    if (interaction === shown) tell(told);
  };
  if (await attempt("recording-error", work)) say(byId("say"), stateText());
}

export function listenToRecording(): void {
  byId("recording-change").addEventListener("click", () => void change());
}
