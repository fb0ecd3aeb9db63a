// What the consultant writes down of the call in hand: saved a moment after the last key, and kept here until it is.

import table from "../texts/call.json";
import { get, put } from "./api";
import { byId, setText } from "./dom";
import { model } from "./model";
import { fill, words } from "./texts";
import { clockTime } from "./times";

const t = words(table);
const QUIET_MS = 600; // after the last key
const AGAIN_MS = 3_000; // after a failure

interface Note {
  text: string;
  saved_at: number | null;
}

let shown = ""; // the call whose note is in the field
let dirty = false;
let waiting = 0;

const field = (): HTMLTextAreaElement => byId<HTMLTextAreaElement>("note");
const path = (interaction: string): string => `calls/${encodeURIComponent(interaction)}/note`;

/** Another call has come into hand: save what was typed for the one before, and read what was typed for this one. */
export function drawNotes(): void {
  const interaction = model.pop?.interaction ?? "";
  if (interaction === shown) return;
  if (shown && dirty) void save(shown, field().value);
  shown = interaction;
  dirty = false;
  field().value = "";
  setText(byId("note-saved"), "");
  if (interaction) void read(interaction);
}

async function read(interaction: string): Promise<void> {
  const note = await get<Note>(path(interaction)).catch(() => null);
  if (!note || interaction !== shown || dirty) return;
  field().value = note.text;
  tell(note.saved_at);
}

async function save(interaction: string, text: string): Promise<void> {
  clearTimeout(waiting);
  try {
    const note = await put<Note>(path(interaction), { text });
    if (interaction !== shown) return;
    dirty = field().value !== text;
    tell(note.saved_at);
  } catch {
    if (interaction === shown) setText(byId("note-saved"), t.note_not_saved);
    waiting = setTimeout(() => void save(interaction, interaction === shown ? field().value : text), AGAIN_MS);
  }
}

function tell(saved_at: number | null): void {
  setText(byId("note-saved"), saved_at === null ? "" : fill(t.note_saved, { time: clockTime(saved_at) }));
}

export function listenToNotes(): void {
  field().addEventListener("input", () => {
    dirty = true;
    clearTimeout(waiting);
    const interaction = shown;
    waiting = setTimeout(() => void save(interaction, field().value), QUIET_MS);
  });
  addEventListener("beforeunload", (event) => {
    if (dirty) event.preventDefault();
  });
}
