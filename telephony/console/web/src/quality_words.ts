// What the page about call quality calls things: directions, scales, verdicts, figures.

import table from "../texts/quality.json";
import { language, lookUp, words } from "./texts";

export const t = words(table);

const few = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });

export type Measure = "bad" | "mos" | "loss" | "late" | "jitter" | "delay";

export const measureName = (measure: string): string => lookUp(t, `m_${measure}`, measure);
export const way = (leg: string, direction: string): string => lookUp(t, `${leg}_${direction}`, `${leg} ${direction}`);
export const scaleName = (scale: string | null): string => lookUp(t, `scale_${scale ?? "none"}`, scale ?? "");
export const finding = (name: string): string => lookUp(t, `f_${name}`, name);
export const findings = (names: readonly string[]): string => names.map(finding).join(", ");
export const verdictName = (verdict: string): string => lookUp(t, `v_${verdict}`, verdict);
export const sourceName = (source: string): string => lookUp(t, `source_${source}`, source);

/** A figure, or a dash where it is not known. */
export const figure = (value: number | null): string => (value === null ? "–" : few.format(value));
export const percent = (ratio: number | null): number | null => (ratio === null ? null : ratio * 100);

/** MOS of the scale that is there: scales are never mixed. */
export function mosOf(call: { mos_nb: number | null; mos_wb: number | null; mos_fb: number | null }): string {
  const known = (["nb", "wb", "fb"] as const).filter((scale) => call[`mos_${scale}`] !== null);
  return known.map((scale) => `${figure(call[`mos_${scale}`])} (${scaleName(scale)})`).join(", ") || figure(null);
}
