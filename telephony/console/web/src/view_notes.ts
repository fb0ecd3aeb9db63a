// What the consultant writes down of the call in hand: saved a moment after the last key, and kept here until it is.

import table from "../texts/call.json";
import { Problem, get, put } from "./api";
import { byId, setText } from "./dom";
import { model } from "./model";
import { keepWhile } from "./session";
import { fill, words } from "./texts";
import { clockTime } from "./times";

const t = words(table);
const QUIET_MS = 600; // after the last key
const AGAIN_MS = 3_000; // after a failure

interface Note {
  text: string;
  revision: number; // of each call's note, counted by whoever saves
  saved_at: number | null;
}

let shown = ""; // the call whose note is in the field
const unsaved = new Map<string, string>(); // call → what was typed and is not known to be kept
const revisions = new Map<string, number>(); // call → of the text that is known to be kept
const timers = new Map<string, number>();

const field = (): HTMLTextAreaElement => byId<HTMLTextAreaElement>("note");
const path = (interaction: string): string => `calls/${encodeURIComponent(interaction)}/note`;

/** Another call has come into hand: save what was typed for the one before, and read what was typed for this one. */
export function drawNotes(): void {
  const interaction = model.pop?.interaction ?? "";
  if (interaction === shown) return;
  if (unsaved.has(shown)) saveIn(shown, 0);
  shown = interaction;
  field().value = unsaved.get(interaction) ?? "";
  setText(byId("note-saved"), "");
  if (interaction && !unsaved.has(interaction)) void read(interaction);
}

async function read(interaction: string): Promise<void> {
  const note = await get<Note>(path(interaction)).catch(() => null);
  if (note) revisions.set(interaction, note.revision);
  if (!note || interaction !== shown || unsaved.has(interaction)) return;
  field().value = note.text;
  tell(note.saved_at);
}

function saveIn(interaction: string, wait_ms: number): void {
  clearTimeout(timers.get(interaction));
  timers.set(interaction, setTimeout(() => void save(interaction), wait_ms));
}

/** What was typed for this call is saved now, as well as it can be: somebody else is going to read it. */
export async function saveNow(interaction: string): Promise<void> {
  clearTimeout(timers.get(interaction));
  await save(interaction);
}

async function save(interaction: string): Promise<void> {
  const text = unsaved.get(interaction);
  if (text === undefined) return;
  try {
    const note = await put<Note>(path(interaction), { text, revision: (revisions.get(interaction) ?? 0) + 1 });
    revisions.set(interaction, note.revision);
    if (unsaved.get(interaction) === text) unsaved.delete(interaction);
    if (interaction === shown) tell(note.saved_at);
  } catch (error) {
    if (error instanceof Problem && error.status === 409) return void joinNewer(interaction);
    if (interaction === shown) setText(byId("note-saved"), t.note_not_saved);
    const never = error instanceof Problem && error.status === 404; // the desk has left the call
    if (!never) saveIn(interaction, AGAIN_MS);
  }
}

/** Another window has saved meanwhile: nothing of either is lost. */
async function joinNewer(interaction: string): Promise<void> {
  const newer = await get<Note>(path(interaction)).catch(() => null);
  const own = unsaved.get(interaction);
  if (!newer || own === undefined) return saveIn(interaction, AGAIN_MS);
  revisions.set(interaction, newer.revision);
  const joined = own.includes(newer.text) ? own : `${newer.text}\n${own}`;
  unsaved.set(interaction, joined);
  if (interaction === shown && field().value !== joined) field().value = joined;
  saveIn(interaction, 0);
}

function tell(saved_at: number | null): void {
  setText(byId("note-saved"), saved_at === null ? "" : fill(t.note_saved, { time: clockTime(saved_at) }));
}

/** Further words into the note of the call in hand, below what is there. */
export function addToNote(text: string): void {
  field().value = [field().value, text].filter(Boolean).join("\n");
  unsaved.set(shown, field().value);
  saveIn(shown, 0);
}

export function listenToNotes(): void {
  keepWhile(() => unsaved.size > 0);
  field().addEventListener("input", () => {
    unsaved.set(shown, field().value);
    saveIn(shown, QUIET_MS);
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved.size > 0) event.preventDefault();
  });
}
