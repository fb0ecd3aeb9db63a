// What is heard, in figures and in words: levels for the eye, loss, jitter and delay from the browser's statistics.

import { byId } from "./dom";

export type QualityWord = "unknown" | "good" | "fair" | "bad";

export interface Quality {
  word: QualityWord;
  loss: number; // share of the packets of the last second
  jitter_ms: number;
  rtt_ms: number;
  level: number; // of the microphone, 0 to 1
}

const METER_MS = 100;
let before = { lost: 0, received: 0 };
let context: AudioContext | null = null;
let source: MediaStreamAudioSourceNode | null = null;
let meter = 0;

/** Of what is heard, drawn ten times a second until another stream comes. */
export function streamLevel(stream: MediaStream): void {
  context ??= new AudioContext();
  void context.resume();
  source?.disconnect();
  const analyser = context.createAnalyser();
  source = context.createMediaStreamSource(stream);
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  clearInterval(meter);
  meter = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    drawLevel("phone-level-out", Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length));
    if (stream.getTracks().every((track) => track.readyState === "ended")) clearInterval(meter);
  }, METER_MS);
}

export const microphoneLevel = (now: Quality): number => now.level;

export function drawLevel(id: string, level: number): void {
  byId<HTMLMeterElement>(id).value = Math.min(1, level * 3);
}

/** Of the last second [W3C webrtc-stats]; the words' limits are docs/phone-in-the-page.md's. */
export async function quality(media: RTCPeerConnection): Promise<Quality> {
  const now: Quality = { word: "unknown", loss: 0, jitter_ms: 0, rtt_ms: 0, level: 0 };
  let came = false;
  for (const each of (await media.getStats()).values() as IterableIterator<Record<string, unknown>>) {
    if (each["type"] === "inbound-rtp") {
      came = true;
      now.jitter_ms = Number(each["jitter"] ?? 0) * 1000;
      now.loss = lossSince(Number(each["packetsLost"] ?? 0), Number(each["packetsReceived"] ?? 0));
    }
    if (each["type"] === "remote-inbound-rtp") now.rtt_ms = Number(each["roundTripTime"] ?? 0) * 1000;
    if (each["type"] === "media-source") now.level = Number(each["audioLevel"] ?? 0);
  }
  return { ...now, word: came ? inWords(now) : "unknown" };
}

function lossSince(lost: number, received: number): number {
  const gone = lost - before.lost;
  const all = gone + received - before.received;
  before = { lost, received };
  return all > 0 ? Math.max(0, gone) / all : 0;
}

function inWords({ loss, jitter_ms, rtt_ms }: Quality): QualityWord {
  if (loss > 0.05 || jitter_ms > 60 || rtt_ms > 600) return "bad";
  return loss > 0.01 || jitter_ms > 30 || rtt_ms > 300 ? "fair" : "good";
}
