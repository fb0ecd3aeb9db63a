// Finding a customer, and taking the caller in hand for one.

import table from "../texts/search.json";
import { Problem, post, put } from "./api";
import { byId, make, makeForeign, say, show } from "./dom";
import { shortcut } from "./keys";
import { model } from "./model";
import { fill, words } from "./texts";
import { caller, inCall } from "./view_outgoing";

const t = words(table);

interface FoundCustomer {
  number: string;
  name: string;
  address: string;
  services: string[];
}

interface Found {
  customers: FoundCustomer[];
  more: boolean;
}

let found: FoundCustomer[] = [];
let drawn = ""; // for which call, so that a button under a finger is not made anew

const DIGITS = /^[\d\s+()-]+$/;
const enough = (text: string): boolean => (DIGITS.test(text) ? text.replace(/\D/g, "").length >= 4 : text.length >= 2);
const tell = (text: string): void => say(byId("search-told"), text);

async function find(): Promise<void> {
  const text = byId<HTMLInputElement>("search-text").value.trim();
  if (!enough(text)) return tell(t.short);
  try {
    const answer = await post<Found>("customers/search", { text });
    found = answer.customers;
    draw();
    tell(found.length === 0 ? t.none : `${fill(t.one, { count: found.length })}${answer.more ? `. ${t.more}` : ""}`);
  } catch (error) {
    failed(error);
  }
}

function failed(error: unknown): void {
  tell(fill(t.failed, { why: error instanceof Problem ? error.message : "" }));
}

const inHand = (): string => (inCall() ? (model.pop?.interaction ?? "") : "");

/** Another call may have come into hand. */
export function drawSearch(): void {
  if (drawn !== inHand()) draw();
}

/** The customers found; whoever has a call in hand can take the caller for one of them. */
function draw(): void {
  drawn = inHand();
  byId("search-found").replaceChildren(...found.map(item));
  show(byId("search-found"), found.length > 0);
}

function item(customer: FoundCustomer): HTMLElement {
  const entry = make("li");
  const lines = [customer.number, customer.address, customer.services.join(", ")].filter(Boolean);
  entry.append(makeForeign("strong", "", customer.name), ...lines.map((line) => makeForeign("span", "quiet", line)));
  entry.append(inCall() ? taker(customer) : caller(customer.number, customer.name));
  return entry;
}

function taker(customer: FoundCustomer): HTMLElement {
  const button = make("button", "button", t.take);
  button.type = "button";
  button.setAttribute("aria-label", fill(t.take_of, { name: customer.name }));
  button.addEventListener("click", () => void take(customer));
  return button;
}

async function take(customer: FoundCustomer): Promise<void> {
  if (!model.pop) return;
  try {
    await put(`calls/${encodeURIComponent(model.pop.interaction)}/customer`, { number: customer.number });
    tell(fill(t.taken, { name: customer.name }));
  } catch (error) {
    failed(error);
  }
}

export function listenToSearch(): void {
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void find();
  });
  shortcut("s", () => byId("search-text").focus());
}
