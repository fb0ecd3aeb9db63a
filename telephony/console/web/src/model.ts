// What the page knows, and what each message makes of it. No document here.

import type { Agent, Call, Kind, Lane, Message, Owed, Pop } from "./messages";
import { entitle } from "./queue_titles";

export const model = {
  seq: 0,
  desk: "",
  agent: null as Agent | null,
  phone: "",
  pop: null as Pop | null,
  recent: [] as Pop[],
  owed: [] as Owed[],
  refused: "", // why the agent, who wants calls, gets none yet
  lanes: [] as Lane[],
  offset: 0, // the server's clock minus ours, in seconds
  connected: false,
};

const RECENT = 20;

/** The talk in hand that is one's own; empty: none, or a colleague's of which one is asked. */
export const ownTalk = (): string =>
  model.pop?.state === "talking" && !model.pop.shared ? model.pop.interaction : "";

export const now = (): number => Date.now() / 1000 + model.offset;

const find = (interaction: string): Pop | undefined =>
  [model.pop, ...model.recent].find((each) => each?.interaction === interaction && !each.missed) ?? undefined;

function file(changes: Partial<Call>): void {
  if (model.pop) model.recent.unshift({ ...model.pop, ...changes });
  model.recent.length = Math.min(model.recent.length, RECENT);
  model.pop = null;
}

type Of<K extends Kind> = Extract<Message, { type: K }>;

const APPLY: { [K in Kind]: (message: Of<K>) => void } = {
  state(message) {
    model.seq = message.seq ?? 0;
    model.desk = message.desk;
    model.agent = message.agent;
    model.phone = message.phone;
    model.pop = message.pop;
    model.recent = message.recent;
    model.owed = message.owed;
    model.refused = "";
  },
  agent(message) {
    model.agent = { state: message.state, reason: message.reason, since: message.since, wish: message.wish };
    model.refused = "";
  },
  phone(message) {
    model.phone = message.state;
  },
  pop(message) {
    file({});
    model.pop = message;
  },
  card(message) {
    const known = find(message.interaction);
    if (known) Object.assign(known, { card: message.card, link: message.link });
  },
  handed(message) {
    const known = find(message.interaction);
    if (known) known.handed = message.handed;
  },
  call(message) {
    const known = find(message.interaction);
    if (known) Object.assign(known, message);
  },
  owed(message) {
    model.owed = message.calls;
    if (model.owed.length === 0) model.refused = "";
  },
  disposition(message) {
    const known = find(message.interaction);
    if (known) known.disposition = message.code;
  },
  refused(message) {
    model.refused = message.why;
  },
  hide(message) {
    if (model.pop?.interaction === message.interaction) file({ missed: true });
  },
  ticket(message) {
    const known = find(message.interaction);
    if (known) known.ticket = message.number;
  },
  board(message) {
    model.lanes = message.lanes;
  },
};

/** Take one message in; false for one this page does not know (an older page, a newer server). */
export function apply(message: Message): boolean {
  if (!Object.hasOwn(APPLY, message.type)) return false;
  if (message.seq !== undefined && message.type !== "state") {
    if (message.seq <= model.seq) return false; // seen before
    model.seq = message.seq;
  }
  entitle(message);
  model.offset = message.now - Date.now() / 1000;
  (APPLY[message.type] as (message: Message) => void)(message);
  return true;
}
