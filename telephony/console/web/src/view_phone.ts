// The phone in the page: chosen here, answered here; the line itself is loaded only when it is wanted.

import table from "../texts/phone.json";
import { Problem, get, post, remove } from "./api";
import { byId, make, say, setText, show } from "./dom";
import type { ConsultState, Line, LineState, Registration, TalkState, Trouble } from "./phone_line";
import { drawLevel, microphoneLevel, quality, streamLevel } from "./phone_sound";
import { fill, words } from "./texts";

const t = words(table);
const LOCK = "hotline-phone"; // of all tabs one is the phone
const MICROPHONE = "hotline.microphone";
const SPEAKER = "hotline.speaker";
const AUTO = "hotline.auto-answer";
const CLEAN = "hotline.clean-sound"; // on unless somebody has switched it off
const AUTO_MS = 1_000;
const RETRY_MS = 3_000;

let line: Line | null = null;
let lineState: LineState = "connecting";
let talk: TalkState = "none";
let muted = false;
let held = false;
let warned = false; // of a bad quality, once in a talk
let consulting: ConsultState = "none";
let consulted = ""; // the name of whom we ask
let wanted = false;
let here = false; // this tab is the phone
let release: (() => void) | null = null;
let told: Registration | null = null;

const kept = (name: string): string => localStorage.getItem(name) ?? "";
const sound = (): MediaTrackConstraints => {
  const device = kept(MICROPHONE);
  const clean = kept(CLEAN) !== "off";
  return {
    echoCancellation: clean,
    noiseSuppression: clean,
    autoGainControl: clean,
    ...(device && { deviceId: device }),
  };
};

function draw(): void {
  show(byId("phone-choose"), !wanted);
  show(byId("phone-leave"), wanted && talk === "none");
  show(byId("phone-answer"), talk === "ringing");
  show(byId("phone-hang-up"), talk !== "none");
  show(byId("phone-mute"), talk === "talking");
  show(byId("phone-hold"), talk === "talking" && consulting === "none");
  byId("phone-hold").setAttribute("aria-pressed", String(held));
  drawConsulted();
  show(byId("phone-keypad"), talk === "talking");
  show(byId("phone-sound"), here);
  byId("phone-mute").setAttribute("aria-pressed", String(muted));
  byId("phone").dataset["talk"] = talk;
  setText(byId("phone-state"), stateText());
}

function stateText(): string {
  if (!wanted) return t.desk_phone;
  if (!here) return t.other_tab;
  if (talk === "talking" && consulting === "none" && held) return t.talk_held;
  if (talk !== "none") return t[`talk_${talk}`];
  return t[`line_${lineState}`];
}

function trouble(what: Trouble): void {
  setText(byId("phone-trouble"), what ? t[`trouble_${what}`] : "");
}

function drawConsulted(): void {
  show(byId("consult"), consulting !== "none");
  show(byId("consult-connect"), consulting === "talking" || consulting === "conference");
  show(byId("consult-conference"), consulting === "talking");
  setText(byId("consult-state"), consulting === "none" ? "" : fill(t[`consult_${consulting}`], { name: consulted }));
}

function consultChanged(state: ConsultState): void {
  if (state === consulting) return;
  const over = state === "none" && talk === "talking";
  consulting = state;
  draw();
  if (over) say(byId("say"), t.consult_over);
}

function heldChanged(now: boolean): void {
  held = now;
  draw();
  if (consulting === "none") say(byId("say"), now ? t.talk_held : t.talk_resumed);
}

function talked(state: TalkState, why: Trouble): void {
  const changed = state !== talk;
  talk = state;
  if (state === "none") held = false;
  if (state !== "talking") setMuted(false);
  if (state === "none") {
    warned = false;
    drawLevel("phone-level-in", 0);
    drawLevel("phone-level-out", 0);
    setText(byId("phone-quality"), "");
  }
  trouble(why);
  draw();
  if (state === "ringing" && kept(AUTO) === "on") setTimeout(() => talk === "ringing" && line?.answer(), AUTO_MS);
  if (changed && state === "talking") say(byId("say"), t.talk_talking);
}

function heard(stream: MediaStream): void {
  const player = byId<HTMLAudioElement>("phone-audio");
  if (player.srcObject === stream) return;
  player.srcObject = stream;
  void player.play().catch(() => trouble("failed"));
  streamLevel(stream);
}

async function register(): Promise<void> {
  try {
    told = await post<Registration>("phone");
  } catch (error) {
    setText(byId("phone-trouble"), error instanceof Problem && error.status ? error.message : t.trouble_failed);
    if (error instanceof Problem && error.status >= 400 && error.status < 500) return void leave();
    setTimeout(() => here && void register(), RETRY_MS);
    return;
  }
  if (line) return line.renew(told.secret);
  const { Line } = await import("./phone_line");
  if (!here) return;
  line = new Line(told, { line: lineChanged, talk: talked, consult: consultChanged, held: heldChanged, heard }, sound);
}

function lineChanged(state: LineState): void {
  lineState = state;
  draw();
  if (state === "refused") setTimeout(() => here && void register(), RETRY_MS);
}

/** The microphone is asked for now, while somebody looks, and not when it rings. */
async function permitted(): Promise<boolean> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: sound() });
    for (const track of stream.getTracks()) track.stop();
    trouble("");
    return true;
  } catch (error) {
    trouble((error as DOMException)?.name === "NotAllowedError" ? "no_permission" : "no_microphone");
    return false;
  }
}

/** Wait until no other tab is the phone, then be it until it is given up or the tab closes. */
function begin(): void {
  wanted = true;
  draw();
  void navigator.locks.request(LOCK, async () => {
    if (!wanted || !(await permitted())) {
      wanted = false;
      return draw();
    }
    here = true;
    draw();
    await listDevices();
    const given_up = new Promise<void>((resolve) => (release = resolve));
    await register();
    await given_up;
  });
}

async function leave(): Promise<void> {
  wanted = here = false;
  line?.stop();
  line = null;
  talked("none", "");
  release?.();
  release = null;
}

async function choose(page: boolean): Promise<void> {
  if (page) return begin();
  try {
    await remove("phone");
    await leave();
  } catch (error) {
    setText(byId("phone-trouble"), error instanceof Problem ? error.message : t.trouble_failed);
  }
}

function setMuted(now: boolean): void {
  if (muted !== now) line?.mute(now);
  muted = now;
  draw();
}

async function listDevices(): Promise<void> {
  const all = await navigator.mediaDevices.enumerateDevices();
  fillDevices("phone-microphone", MICROPHONE, all.filter(({ kind }) => kind === "audioinput"));
  fillDevices("phone-speaker", SPEAKER, all.filter(({ kind }) => kind === "audiooutput"));
}

function fillDevices(id: string, name: string, devices: MediaDeviceInfo[]): void {
  const select = byId<HTMLSelectElement>(id);
  const usual = make("option", "", t.usual_device);
  usual.value = "";
  const others = devices.filter(({ deviceId }) => deviceId && deviceId !== "default");
  select.replaceChildren(usual, ...others.map(deviceOption));
  select.value = others.some(({ deviceId }) => deviceId === kept(name)) ? kept(name) : "";
}

function deviceOption({ deviceId, label }: MediaDeviceInfo): HTMLElement {
  const option = make("option", "", label);
  option.value = deviceId;
  return option;
}

function listen(): void {
  byId("phone-choose").addEventListener("click", () => void choose(true));
  byId("phone-leave").addEventListener("click", () => void choose(false));
  byId("phone-answer").addEventListener("click", answerPhone);
  byId("phone-hang-up").addEventListener("click", () => line?.hangUp());
  byId("phone-mute").addEventListener("click", () => setMuted(!muted));
  byId("phone-hold").addEventListener("click", () => line?.hold(!held));
  byId("consult-connect").addEventListener("click", () => line?.connect());
  byId("consult-conference").addEventListener("click", () => {
    line?.conference().catch(() => trouble("no_microphone"));
  });
  byId("consult-back").addEventListener("click", () => line?.leaveConsulted());
  for (const key of byId("phone-keys").querySelectorAll("button")) {
    key.addEventListener("click", () => line?.key(key.value));
  }
  byId("phone-microphone").addEventListener("change", ({ target }) => {
    localStorage.setItem(MICROPHONE, (target as HTMLSelectElement).value);
    void line?.microphone(sound()).catch(() => trouble("no_microphone"));
  });
  byId("phone-speaker").addEventListener("change", ({ target }) => {
    localStorage.setItem(SPEAKER, (target as HTMLSelectElement).value);
    void byId<HTMLAudioElement>("phone-audio").setSinkId((target as HTMLSelectElement).value);
  });
  tick("phone-auto", AUTO, kept(AUTO) === "on");
  tick("phone-clean", CLEAN, kept(CLEAN) !== "off");
  navigator.mediaDevices?.addEventListener("devicechange", () => void (here && listDevices()));
  window.addEventListener("online", () => line?.networkChanged());
  setInterval(() => void measure(), 1_000);
}

function tick(id: string, name: string, ticked: boolean): void {
  const box = byId<HTMLInputElement>(id);
  box.checked = ticked;
  box.addEventListener("change", () => {
    localStorage.setItem(name, box.checked ? "on" : "off");
    if (name === CLEAN) void line?.microphone(sound()).catch(() => trouble("no_microphone"));
  });
}

async function measure(): Promise<void> {
  const media = line?.media();
  if (talk !== "talking" || !media) return;
  const now = await quality(media);
  setText(byId("phone-quality"), t[`quality_${now.word}`]);
  drawLevel("phone-level-in", microphoneLevel(now));
  if (now.word !== "bad" || warned) return;
  warned = true;
  say(byId("say"), t.quality_bad);
}

export const answerPhone = (): void => {
  if (talk === "ringing") line?.answer();
};

export const focusPhone = (): void => document.querySelector<HTMLElement>("#phone button:not([hidden])")?.focus();

/** Whether the page could ask somebody else now, while the caller waits. */
export const canConsult = (): boolean => here && talk === "talking" && consulting === "none";

export function consult(extension: string, name: string): void {
  consulted = name;
  line?.consult(extension);
}

/** The server is there again: it may be another one, which knows nothing of this phone. */
export function phoneConnected(): void {
  if (here) void register();
}

export async function startPhone(): Promise<void> {
  const { offered, chosen } = await get<{ offered: boolean; chosen: boolean }>("phone").catch(() => ({
    offered: false,
    chosen: false,
  }));
  if (!offered) return;
  show(byId("phone"), true);
  if (!navigator.mediaDevices || !navigator.locks) {
    setText(byId("phone-state"), t.not_secure);
    return;
  }
  listen();
  draw();
  if (chosen) begin();
}
