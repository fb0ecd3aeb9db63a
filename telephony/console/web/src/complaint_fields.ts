// What is asked for when a complaint is filed or a step is taken: a label and a field for each fact.

import table from "../texts/complaints.json";
import { make } from "./dom";
import { fill, lookUp, words } from "./texts";

const t = words(table);

interface Asked {
  name: string;
  long?: boolean; // several lines
  choices?: readonly string[];
  titles?: string; // where the words of the choices are: value_, kind_
  optional?: boolean;
  later?: boolean; // a complaint without it is one, and the customer is asked for it
  value?: string;
  type?: string; // of the input
}

const WAYS = ["letter", "e-mail"] as const;
const way: Asked = { name: "way", choices: WAYS };
const KNOWN: Readonly<Record<string, readonly Asked[]>> = {
  confirm: [way],
  answer: [way],
  resend: [way],
  want: [],
  approve: [],
  escalate: [{ name: "why", long: true }],
  return: [{ name: "why", long: true }],
  propose: [
    { name: "decision", choices: ["accepted", "partly", "refused"] },
    { name: "reasons", long: true },
    { name: "compensation", optional: true },
    { name: "paid_by", optional: true, type: "date" },
  ],
  new: [
    { name: "kind", choices: ["service_quality", "billing", "contract", "other"], titles: "kind_" },
    { name: "customer", optional: true },
    { name: "name", later: true },
    { name: "address", later: true },
    { name: "email", optional: true, type: "email" },
    { name: "number", optional: true },
    { name: "since", later: true },
    { name: "grounds", long: true },
    { name: "demand", long: true, optional: true },
    { name: "account", optional: true },
    { name: "contract_date", optional: true },
    { name: "answer_by", choices: ["letter", "e-mail"] },
  ],
};

/** Whether a letter goes along with an act. */
export const isLetter = (act: string): boolean => act === "ask" || (KNOWN[act] ?? []).includes(way);

/**
 * The fields for an act; `missing` are elements to be completed, `inWords` the same as a text, `mail` whether e-mails are
 * sent from here: then that is the first choice.
 */
export function fieldsOf(act: string, missing: readonly string[], inWords: string, mail = false): HTMLElement[] {
  const ways = { ...way, choices: mail ? WAYS.toReversed() : WAYS };
  const asked: readonly Asked[] =
    act === "ask" ? [{ name: "missing", long: true, value: inWords }, ways]
    : isLetter(act) ? [ways]
    : act === "complete" ? missing.map((name) => ({ name, long: name === "grounds" }))
    : (KNOWN[act] ?? []);
  return asked.map((each) => field(`${act}-${each.name}`, each));
}

/** What was filled in; what was left empty is not among it. */
export function valuesOf(form: HTMLFormElement): Record<string, string> {
  const given = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

function field(id: string, asked: Asked): HTMLElement {
  const box = make("div", "field");
  const title = lookUp(t, `fact_${asked.name}`, lookUp(t, asked.name, asked.name));
  const label = make("label", "", asked.optional ? fill(t.optional, { label: title }) : title);
  label.htmlFor = id;
  const input = asked.choices ? choice(asked.choices, asked.titles ?? "value_") : make(asked.long ? "textarea" : "input");
  input.id = id;
  input.name = asked.name;
  input.required = !asked.optional && !asked.later;
  if (!(input instanceof HTMLSelectElement)) {
    if (asked.type && input instanceof HTMLInputElement) input.type = asked.type;
    input.maxLength = asked.name === "customer" ? 40 : 4000;
    input.autocomplete = "off";
    input.defaultValue = asked.value ?? "";
  }
  box.append(label, input);
  return box;
}

function choice(values: readonly string[], titles: string): HTMLSelectElement {
  const select = make("select");
  for (const value of values) {
    const option = make("option", "", lookUp(t, `${titles}${value}`, value));
    option.value = value;
    select.append(option);
  }
  return select;
}
