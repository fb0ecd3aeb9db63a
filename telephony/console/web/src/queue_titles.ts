// What queues are called. The settings have one title for each; in English the usual ones have another.

import table from "../texts/queues.json";
import { language, lookUp, words } from "./texts";

const known = words(table);

export const queueTitle = (name: string, title: string): string => (language === "pl" ? title : lookUp(known, name, title));

/** The same for a department of the calendar, which has no title of its own. */
export const departmentTitle = (name: string): string => lookUp(known, name, name);

/** In all of a message: wherever `queue_name` stands, `queue` is the title in the page's language. */
export function entitle(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const named = value as { queue?: unknown; queue_name?: unknown };
  if (typeof named.queue === "string" && typeof named.queue_name === "string") {
    named.queue = queueTitle(named.queue_name, named.queue);
  }
  for (const each of Object.values(value)) entitle(each);
}
