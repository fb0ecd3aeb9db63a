// The WebSocket: opened, kept, and opened again with what was seen last, so that nothing is missed.

import type { Message, Said } from "./messages";
import { model } from "./model";
import { leave, stays } from "./session";

const SILENCE_MS = 40_000; // the server speaks at least every 15 s
const LONGEST_WAIT_MS = 5_000;
const SESSION_OVER = 4401;
const ACCOUNT_CHANGED = 4409;
const TOO_MANY = 4429;

/** `heard(message)` for each message, `changed(connected, full)` when the line comes or goes. */
export function connect(
  heard: (message: Message) => void,
  changed: (connected: boolean, full: boolean) => void,
): (said: Said) => void {
  let socket: WebSocket;
  let tries = 0;
  let watchdog = 0;

  const alive = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => socket.close(), SILENCE_MS);
  };

  const closed = ({ code }: CloseEvent): void => {
    clearTimeout(watchdog);
    if (code === SESSION_OVER) leave(); // it stays, where something is not saved, and tries again
    if (code === ACCOUNT_CHANGED) return location.reload();
    changed(false, code === TOO_MANY);
    const wait = Math.min(LONGEST_WAIT_MS, 200 * 2 ** tries) * (0.5 + Math.random() / 2);
    tries += 1;
    setTimeout(open, wait);
  };

  const open = (): void => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const seen = new URLSearchParams({ desk: model.desk, seq: String(model.seq) });
    socket = new WebSocket(`${scheme}://${location.host}/ws?${seen.toString()}`);
    socket.addEventListener("open", alive);
    socket.addEventListener("message", ({ data }) => {
      alive();
      tries = 0;
      stays();
      changed(true, false);
      heard(JSON.parse(data as string) as Message);
    });
    socket.addEventListener("close", closed);
  };

  open();
  return (said) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(said));
  };
}
