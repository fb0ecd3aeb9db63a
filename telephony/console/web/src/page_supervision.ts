// The supervisors' page: asks every 2 s how the floor stands, and says what the next caller shall find.

import table from "../texts/supervision.json";
import { Problem, get } from "./api";
import { byId, setText, show } from "./dom";
import { keepWhile, leave, stays, typedInto } from "./session";
import { fill, words } from "./texts";
import { secondTime } from "./times";
import { drawFloor, type FloorNow } from "./view_floor";
import { drawOpening, listenToOpening, type OpeningNow } from "./view_opening";

const POLL_MS = 2000;
const t = words(table);
let asking = false;
let away = false;

async function ask(): Promise<void> {
  const [floor, opening] = await Promise.all([get<FloorNow>("floor"), get<OpeningNow>("opening")]);
  stays();
  drawFloor(floor);
  drawOpening(opening);
  setText(byId("as-of"), fill(t.as_of, { time: secondTime(floor.now) }));
  if (away) tell("");
  away = false;
}

function tell(text: string): void {
  setText(byId("problem"), text);
  show(byId("problem"), text !== "");
}

async function poll(): Promise<void> {
  if (asking || document.hidden) return;
  asking = true;
  try {
    await ask();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return leave();
    away = true;
    tell(error instanceof Problem && error.status > 0 ? error.message : t.offline);
  } finally {
    asking = false;
  }
}

listenToOpening();
keepWhile(() => typedInto(document.body));
document.addEventListener("visibilitychange", () => void poll());
setInterval(() => void poll(), POLL_MS);
void poll();
