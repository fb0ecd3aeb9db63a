// The words of a page, in the language that its document says it is in: tables of texts/*.json, both languages side by side.

export type Language = "pl" | "en";
type Table = Readonly<Record<string, Readonly<Record<Language, string>>>>;

export const language: Language = document.documentElement.lang === "en" ? "en" : "pl";

/** `const t = words(table)`, then `t.some_key`; a key that is missing in either language does not compile. */
export function words<T extends Table>(table: T): { readonly [K in keyof T]: string } {
  const chosen = Object.entries(table).map(([key, entry]) => [key, entry[language]]);
  return Object.fromEntries(chosen) as { readonly [K in keyof T]: string };
}

/** Put values in place of `{names}`; the result is text, never markup. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text that another text's name leads to, for names the server may add before this page knows them. */
export function lookUp(table: Readonly<Record<string, string>>, key: string, otherwise: string): string {
  return Object.hasOwn(table, key) ? (table[key] ?? otherwise) : otherwise;
}

const plurals = new Intl.PluralRules(language);

/** The form of a noun that goes with a number: `one`, `few`, `many` or `other`. */
export function plural(count: number): "one" | "few" | "many" | "other" {
  const form = plurals.select(count);
  return form === "one" || form === "few" || form === "many" ? form : "other";
}
