// The words between server and page, as telephony/console/wire.py writes them. Times are seconds since the epoch.

export type AgentState =
  | "off" | "available" | "offered" | "ringing" | "talking" | "holding" | "wrap_up" | "paused" | "not_answering"
  | "busy" | "unreachable";

export type CallState =
  | "menu" | "planned" | "line" | "offered" | "ringing" | "calling" | "talking" | "after_talk" | "transferred_out"
  | "served" | "closed" | "callback" | "voicemail" | "fallback" | "fallback_talk" | "ended";

export type LaneName = "accessibility" | "standard";
export type SpanKind = "hold" | "link" | "distrust" | "overflow" | "restart";
export type PauseReason = "break" | "meal" | "training" | "paperwork";

export interface Span {
  kind: SpanKind;
  from_at: number;
  to_at: number | null;
}

export interface Customer {
  number: string;
  name: string;
  address: string;
  services: string[];
  since: string | null; // a date, "2019-05-01"
  accessibility: boolean;
}

export interface TicketSummary {
  number: string;
  subject: string;
  status: string;
  opened_at: number;
  answer_due: string | null; // a complaint's: the last day for the answer
  there: string; // its number in another ticket system; empty: it is in none
  word: string; // what somebody there wrote last
}

export interface Contract {
  number: string;
  services: string[];
  since: string;
  until: string | null;
  monthly: number | null; // grosze
}

export interface Device {
  kind: string;
  model: string;
  serial: string;
}

export interface Invoice {
  number: string;
  amount: number; // grosze
  due: string | null;
  paid: boolean | null; // null: not known
}

export type Identity = "unknown" | "number" | "pin";

export type CardField =
  | "number" | "name" | "address" | "since" | "services" | "accessibility" | "contracts" | "devices" | "invoices"
  | "tickets" | "history" | "notes" | "quality";

export interface Contact {
  at: number;
  direction: "in" | "call_back" | "out";
  queue: string;
  outcome: string;
  agent: string | null;
  ticket: string | null;
  note: string;
  queue_name: string;
  dispositions: string[]; // codes of the queue's list
  mos: number | null; // of the worst direction; null: not measured
}

/** A talk whose agent has still to say what came of it. */
export interface Owed {
  interaction: string;
  queue_name: string;
  queue: string;
  owed_at: number;
}

export interface Card {
  available: boolean;
  identity: Identity;
  fields: CardField[]; // what this person may see
  closed: Partial<Record<CardField, Identity>>; // what would open, and with what
  customer: Customer | null;
  contracts: Contract[];
  devices: Device[];
  invoices: Invoice[];
  tickets: TicketSummary[];
  history: Contact[]; // the latest first
}

export interface Call {
  interaction: string;
  attempt: number;
  state: CallState;
  caller: string | null;
  did: string;
  direction: "in" | "call_back" | "out";
  lane: LaneName;
  queue: string;
  queue_name: string;
  arrived_at: number;
  queued_at: number | null;
  answered_at: number | null;
  ended_at: number | null;
  outcome: string | null;
  spans: Span[];
  talk_ended_at: number | null;
  ticket: string | null;
  disposition: string; // empty: none yet
  missed: boolean;
  shared: boolean; // a colleague's, who asks this one
}

export interface Pop extends Call {
  offered_at: number;
  why: string;
  trail: Readonly<Record<"pl" | "en", string>>[]; // where in the menu the caller has been
  card: Card | null; // null: on its way
  link: string; // the call in another system; empty: none
  handed: Handed | null;
}

/** What travels with a caller whom a colleague has handed over. */
export interface Handed {
  by: string; // empty: not known any more
  note: string;
}

export interface Agent {
  state: AgentState;
  reason: string;
  since: number;
  wish: string;
}

export interface Lane {
  lane: LaneName;
  waiting: number;
  since: number | null;
}

/** What the server says, by its `type`. */
export interface Pushed {
  state: { desk: string; login: string; agent: Agent | null; phone: string; pop: Pop | null; recent: Pop[]; owed: Owed[] };
  agent: Agent;
  phone: { state: string };
  pop: Pop;
  card: { interaction: string; card: Card; link: string };
  handed: { interaction: string; handed: Handed };
  call: Call;
  hide: { interaction: string };
  ticket: { interaction: string; number: string };
  owed: { calls: Owed[] };
  disposition: { interaction: string; code: string };
  refused: { why: string; missing: number };
  board: { lanes: Lane[] };
}

export type Kind = keyof Pushed;

/** Every message; `seq` is missing where only the latest counts. */
export type Message = { [K in Kind]: { type: K; seq?: number; now: number } & Pushed[K] }[Kind];

/** What the page says. */
export type Said =
  | { type: "painted"; interaction: string; attempt: number; visible: boolean }
  | { type: "ready" }
  | { type: "pause"; reason: PauseReason };
