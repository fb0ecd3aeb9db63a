// Plays a recording: buttons and a slider that a keyboard works as well, silences left out on wish.

import table from "../texts/recordings.json";
import { tellProblem } from "./dialogs";
import { byId, setText, show } from "./dom";
import { fill, words } from "./texts";
import { clockTime, duration, spokenDuration } from "./times";

const t = words(table);
const STEP_S = 10;
const LEAD_S = 0.4; // of a silence that is heard all the same, so that a first sound is whole

export interface Listening {
  until: number;
  duration_s: number;
  channels: number;
  silences: [number, number][];
  muted: [number, number][];
}

const sound = byId<HTMLAudioElement>("sound");
const place = byId<HTMLInputElement>("place");
let granted: Listening | undefined;

/** Show the player for what the server lets us hear. */
export function startPlayer(url: string, listening: Listening): void {
  granted = listening;
  place.max = String(Math.floor(listening.duration_s));
  setText(byId("channels"), listening.channels === 2 ? t.two_channels : t.one_channel);
  const spans = listening.muted.map(([from, to]) => fill(t.span, { from: duration(from), to: duration(to) })).join(", ");
  setText(byId("muted"), fill(t.muted, { spans }));
  show(byId("muted"), spans !== "");
  setText(byId("until"), fill(t.until, { time: clockTime(listening.until) }));
  tellProblem("problem", "");
  sound.src = url;
  drawPlace();
  drawButton();
}

/** Nothing is played any more, and the browser may forget it. */
export function stopPlayer(): void {
  granted = undefined;
  sound.pause();
  sound.removeAttribute("src");
  sound.load();
}

function drawPlace(): void {
  const whole = granted?.duration_s ?? 0;
  const words = fill(t.of, { now: duration(sound.currentTime), whole: duration(whole) });
  setText(byId("time"), words);
  place.value = String(Math.floor(sound.currentTime));
  place.setAttribute("aria-valuetext", spokenDuration(sound.currentTime));
}

const drawButton = (): void => setText(byId("play"), sound.paused ? t.play : t.pause);

function go(to: number): void {
  sound.currentTime = Math.min(Math.max(to, 0), granted?.duration_s ?? 0);
  drawPlace();
}

function leaveOutSilence(): void {
  if (sound.paused || !byId<HTMLInputElement>("skip-silence").checked) return;
  const now = sound.currentTime;
  const within = granted?.silences.find(([from, to]) => now > from + LEAD_S && now < to - 2 * LEAD_S);
  if (within) sound.currentTime = within[1] - LEAD_S;
}

byId("play").addEventListener("click", () => {
  if (sound.paused) sound.play().catch(() => tellProblem("problem", t.stopped));
  else sound.pause();
});
byId("back").addEventListener("click", () => go(sound.currentTime - STEP_S));
byId("forth").addEventListener("click", () => go(sound.currentTime + STEP_S));
place.addEventListener("input", () => go(Number(place.value)));
byId<HTMLSelectElement>("speed").addEventListener("change", (event) => {
  sound.playbackRate = Number((event.target as HTMLSelectElement).value);
});
sound.addEventListener("timeupdate", () => {
  leaveOutSilence();
  drawPlace();
});
for (const name of ["play", "pause", "ended"]) sound.addEventListener(name, drawButton);
sound.addEventListener("error", () => {
  if (granted) tellProblem("problem", t.stopped);
  drawButton();
});
