// What the page knows, and what each message makes of it. No document here.

export const model = {
  seq: 0,
  desk: "",
  agent: null, // {state, reason, since, wish}
  phone: "",
  pop: null,
  recent: [],
  lanes: [],
  offset: 0, // the server's clock minus ours, in seconds
  connected: false,
};

export const now = () => Date.now() / 1000 + model.offset;

const find = (interaction) =>
  [model.pop, ...model.recent].find((each) => each && each.interaction === interaction && !each.missed);

function file(changes) {
  if (model.pop) model.recent.unshift({ ...model.pop, ...changes });
  model.recent.length = Math.min(model.recent.length, 20);
  model.pop = null;
}

const APPLY = {
  state(message) {
    model.seq = message.seq;
    model.desk = message.desk;
    model.agent = message.agent;
    model.phone = message.phone;
    model.pop = message.pop;
    model.recent = message.recent;
  },
  agent(message) {
    model.agent = { state: message.state, reason: message.reason, since: message.since, wish: message.wish };
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
    if (known) known.card = message.card;
  },
  call(message) {
    const known = find(message.interaction);
    if (known) Object.assign(known, message);
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
export function apply(message) {
  if (!Object.hasOwn(APPLY, message.type)) return false;
  if (message.seq !== undefined && message.type !== "state") {
    if (message.seq <= model.seq) return false; // seen before
    model.seq = message.seq;
  }
  model.offset = message.now - Date.now() / 1000;
  APPLY[message.type](message);
  return true;
}
