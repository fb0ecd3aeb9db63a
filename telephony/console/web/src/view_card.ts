// The customer's card: what the directory knows, and of that what this person may see.

import table from "../texts/card.json";
import callTable from "../texts/call.json";
import { byId, make, makeForeign, setText, show } from "./dom";
import type { Card, CardField, Contact, Contract, Device, Invoice, TicketSummary } from "./messages";
import { fill, lookUp, words } from "./texts";
import { dateOnly, day, moment, money } from "./times";
import { whatCame } from "./view_dispositions";

const t = words(table);
const ofCalls = words(callTable);

export function drawCard(card: Card | null): void {
  drawHistory(card);
  const customer = card?.customer;
  show(byId("card"), Boolean(customer));
  if (!card || !customer) return;
  const may = (field: CardField): boolean => card.fields.includes(field);
  fact("customer-number", customer.number, may("number"));
  fact("customer-address", customer.address, may("address"));
  fact("customer-since", customer.since ? dateOnly(customer.since) : t.not_known, may("since"));
  part("services", customer.services.map((name) => makeForeign("li", "", name)), may("services"));
  part("contracts", card.contracts.map(contractItem), may("contracts"));
  part("devices", card.devices.map(deviceItem), may("devices"));
  part("invoices", card.invoices.map(invoiceItem), may("invoices"));
  part("tickets", card.tickets.map(ticketItem), may("tickets"));
  drawClosed(card);
}

function fact(id: string, text: string, seen: boolean): void {
  const value = byId(id);
  setText(value, text);
  if (value.parentElement) show(value.parentElement, seen);
}

/** A list of the card; that there is nothing in it is said in words. */
function part(id: string, items: HTMLElement[], seen: boolean): void {
  show(byId(`${id}-part`), seen);
  byId(id).replaceChildren(...items);
  show(byId(id), items.length > 0);
  show(byId(`no-${id}`), items.length === 0);
}

function drawClosed(card: Card): void {
  const names = Object.keys(card.closed).map((field) => lookUp(t, field, field).toLocaleLowerCase());
  show(byId("closed"), names.length > 0);
  setText(byId("closed"), names.length > 0 ? fill(t.closed, { parts: names.join(", ") }) : "");
}

function contractItem(contract: Contract): HTMLElement {
  const until = contract.until ? fill(t.until, { day: dateOnly(contract.until) }) : t.indefinite;
  const monthly = contract.monthly === null ? "" : fill(t.monthly, { amount: money(contract.monthly) });
  const more = [fill(t.from, { day: dateOnly(contract.since) }), until, monthly].filter(Boolean).join(" · ");
  return entry(contract.number, contract.services.join(", "), more);
}

function deviceItem(device: Device): HTMLElement {
  return entry(device.kind, device.model, fill(t.serial, { serial: device.serial }));
}

function invoiceItem(invoice: Invoice): HTMLElement {
  const state = invoice.paid === null ? t.not_known : invoice.paid ? t.paid : t.unpaid;
  const due = invoice.due ? fill(t.due, { day: dateOnly(invoice.due) }) : "";
  return entry(invoice.number, money(invoice.amount), [state, due].filter(Boolean).join(" · "));
}

function entry(head: string, text: string, more: string): HTMLElement {
  const item = make("li");
  item.append(makeForeign("strong", "", head), makeForeign("span", "", text), makeForeign("span", "quiet", more));
  return item;
}

function drawHistory(card: Card | null): void {
  const history = card?.history ?? [];
  show(byId("history-part"), history.length > 0);
  const scored = Boolean(card?.fields.includes("quality"));
  byId("history").replaceChildren(...history.map((contact) => contactItem(contact, scored)));
}

function contactItem(contact: Contact, scored: boolean): HTMLElement {
  const item = make("li");
  const what = lookUp(ofCalls, `past_${contact.outcome}`, contact.outcome);
  const who = contact.direction === "in" ? contact.queue : ofCalls[`past_${contact.direction}`];
  const heard = scored && contact.outcome === "answered" ? quality(contact.mos) : "";
  const more = [whatCame(contact), who, contact.agent, contact.ticket, heard].filter(Boolean).join(" · ");
  item.append(make("span", "quiet time", moment(contact.at)), make("strong", "", what), makeForeign("span", "quiet", more));
  if (contact.note) item.append(makeForeign("p", "past-note", contact.note));
  return item;
}

/** User satisfaction by MOS as in ITU-T G.107 Annex B, in three steps that a consultant can say. */
function quality(mos: number | null): string {
  if (mos === null) return t.mos_none;
  const words = mos >= 4.03 ? t.mos_good : mos >= 3.6 ? t.mos_fair : t.mos_bad;
  return fill(words, { mos: mos.toFixed(1) });
}

/** To all that has happened to it, beside the call that goes on here. */
function ticketLink(number: string): HTMLElement {
  const link = make("a", "ticket-link", number);
  link.href = `/tickets#${encodeURIComponent(number)}`;
  link.target = "_blank";
  link.rel = "noopener";
  link.append(make("span", "unseen", ` ${t.new_tab}`));
  return link;
}

function ticketItem(ticket: TicketSummary): HTMLElement {
  const item = make("li");
  const head = make("p", "ticket-head");
  const status = lookUp(ofCalls, `status_${ticket.status}`, ticket.status);
  head.append(ticketLink(ticket.number), make("span", "quiet", status));
  item.append(head, makeForeign("p", "", ticket.subject), make("p", "quiet", day(ticket.opened_at)));
  if (ticket.answer_due) item.append(make("p", "", clock(ticket.answer_due)));
  if (ticket.there) item.append(makeForeign("p", "quiet", fill(t.ticket_there, { number: ticket.there })));
  if (ticket.word) item.append(make("p", "quiet", t.ticket_word), makeForeign("p", "", ticket.word));
  return item;
}

/** How long there is for the answer to a complaint: days of the calendar. */
function clock(due: string): string {
  const left = Math.round((Date.parse(due) - Date.parse(new Date().toISOString().slice(0, 10))) / 86_400_000);
  const words = left < 0 ? t.answer_overdue : left === 0 ? t.answer_today : t.answer_due;
  return fill(words, { day: dateOnly(due), left });
}
