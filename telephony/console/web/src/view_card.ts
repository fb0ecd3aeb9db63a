// The customer's card, as far as the directory knows it.

import table from "../texts/call.json";
import { byId, make, makeForeign, setText, show } from "./dom";
import type { Card, Contact, TicketSummary } from "./messages";
import { lookUp, words } from "./texts";
import { dateOnly, day, moment } from "./times";
import { whatCame } from "./view_dispositions";

const t = words(table);

export function drawCard(card: Card | null): void {
  drawHistory(card);
  const customer = card?.customer;
  show(byId("card"), Boolean(customer));
  if (!card || !customer) return;
  setText(byId("customer-number"), customer.number);
  setText(byId("customer-address"), customer.address);
  setText(byId("customer-since"), dateOnly(customer.since));
  byId("services").replaceChildren(...customer.services.map((name) => makeForeign("li", "", name)));
  byId("tickets").replaceChildren(...card.tickets.map(ticketItem));
  show(byId("no-tickets"), card.tickets.length === 0);
}

function drawHistory(card: Card | null): void {
  const history = card?.history ?? [];
  show(byId("history-part"), history.length > 0);
  byId("history").replaceChildren(...history.map(contactItem));
}

function contactItem(contact: Contact): HTMLElement {
  const item = make("li");
  const what = lookUp(t, `past_${contact.outcome}`, contact.outcome);
  const who = contact.direction === "call_back" ? t.past_call_back : contact.queue;
  const more = [whatCame(contact), who, contact.agent, contact.ticket].filter(Boolean).join(" · ");
  item.append(make("span", "quiet time", moment(contact.at)), make("strong", "", what), makeForeign("span", "quiet", more));
  if (contact.note) item.append(makeForeign("p", "past-note", contact.note));
  return item;
}

function ticketItem(ticket: TicketSummary): HTMLElement {
  const item = make("li");
  const head = make("p", "ticket-head");
  const status = lookUp(t, `status_${ticket.status}`, ticket.status);
  head.append(make("strong", "", ticket.number), make("span", "quiet", status));
  item.append(head, makeForeign("p", "", ticket.subject), make("p", "quiet", day(ticket.opened_at)));
  return item;
}
