// The page about the own account.

import { drawSessions, listenToSessions } from "./view_sessions";

const ASK_EVERY_MS = 15_000;

listenToSessions();
document.addEventListener("visibilitychange", () => void drawSessions());
setInterval(() => void drawSessions(), ASK_EVERY_MS);
void drawSessions();
