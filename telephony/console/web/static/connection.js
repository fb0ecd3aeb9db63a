// The WebSocket: opened, kept, and opened again with what was seen last, so that nothing is missed.

import { model } from "./model.js";

const SILENCE_MS = 40_000; // the server speaks at least every 15 s
const LONGEST_WAIT_MS = 5_000;
const SESSION_OVER = 4401;
const TOO_MANY = 4429;

/** `heard(message)` for each message, `changed(connected, full)` when the line comes or goes. */
export function connect(heard, changed) {
  let socket = null;
  let tries = 0;
  let watchdog = 0;

  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => socket.close(), SILENCE_MS);
  };

  const open = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const seen = new URLSearchParams({ desk: model.desk, seq: model.seq });
    socket = new WebSocket(`${scheme}://${location.host}/ws?${seen}`);
    socket.addEventListener("open", alive);
    socket.addEventListener("message", ({ data }) => {
      alive();
      tries = 0;
      changed(true, false);
      heard(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(watchdog);
      if (code === SESSION_OVER) return location.replace("/login");
      changed(false, code === TOO_MANY);
      const wait = Math.min(LONGEST_WAIT_MS, 200 * 2 ** tries) * (0.5 + Math.random() / 2);
      tries += 1;
      setTimeout(open, wait);
    });
  };

  open();
  return (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
}
