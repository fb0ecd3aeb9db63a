// How pages write times: durations as m:ss; hours and days of Poland, where the line is, in the page's language.

import table from "../texts/common.json";
import { fill, language, words } from "./texts";

const t = words(table);
const locale = language === "en" ? "en-GB" : language; // 24 hours, the day before the month
const timeZone = "Europe/Warsaw"; // what supervisors type, and what callers are told
const clockFormat = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit" });
const secondFormat = new Intl.DateTimeFormat(locale, { timeZone, timeStyle: "medium" });
const momentFormat = new Intl.DateTimeFormat(locale, {
  timeZone, day: "numeric", month: "long", hour: "2-digit", minute: "2-digit",
});
const dayFormat = new Intl.DateTimeFormat(locale, { timeZone, day: "numeric", month: "long", year: "numeric" });

/** Seconds as m:ss or h:mm:ss. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (number: number): string => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** The same for a screen reader: "2 min 5 s". */
export function spokenDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  return fill(minutes ? t.min_s : t.only_s, { minutes, seconds: minutes ? whole % 60 : whole });
}

export const clockTime = (at: number): string => clockFormat.format(new Date(at * 1000));
export const secondTime = (at: number): string => secondFormat.format(new Date(at * 1000));
/** A moment near today: the hour alone today, with its day otherwise. */
export function moment(at: number): string {
  const today = dayFormat.format(new Date()) === dayFormat.format(new Date(at * 1000));
  return (today ? clockFormat : momentFormat).format(new Date(at * 1000));
}

export const day = (at: number): string => dayFormat.format(new Date(at * 1000));

const zloty = new Intl.NumberFormat(locale, { style: "currency", currency: "PLN" });

/** An amount in whole grosze. */
export const money = (grosze: number): string => zloty.format(grosze / 100);

/** A date without a time ("2019-05-01"), which belongs to no time zone. */
export function dateOnly(iso: string): string {
  const [year = 0, month = 1, date = 1] = iso.split("-").map(Number);
  return dayFormat.format(new Date(Date.UTC(year, month - 1, date, 12)));
}
