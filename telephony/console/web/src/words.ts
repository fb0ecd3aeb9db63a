// What several views say of a call in the same words.

import table from "../texts/call.json";
import type { Call, CallState, Pop } from "./messages";
import { lookUp, words } from "./texts";

const t = words(table);

/** How far a call has come: offer, ringing, talk, over. */
export const STAGE: Readonly<Record<CallState, 0 | 1 | 2 | 3>> = {
  menu: 0, planned: 0, line: 0, offered: 0, fallback: 0, ringing: 1, calling: 1, talking: 2, fallback_talk: 2,
  after_talk: 3, transferred_out: 3, served: 3, closed: 3, callback: 3, voicemail: 3, ended: 3,
};

export const howItEnded = (call: Call): string => (call.missed ? t.missed : lookUp(t, `ended_${call.outcome}`, t.ended));

/** Who calls, as far as is known. */
export function callerName(pop: Pop): string {
  if (pop.card?.customer) return pop.card.customer.name;
  if (!pop.caller) return t.withheld;
  if (!pop.card) return pop.caller;
  return pop.card.available ? t.unknown_number : t.directory_away;
}
