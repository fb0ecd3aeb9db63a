// The end of a session: to the log-in page, unless something typed here would be lost by it [WCAG 2.2 §2.2.5, §2.2.6].

import table from "../texts/common.json";
import { make, show } from "./dom";
import { words } from "./texts";

const t = words(table);
let unsaved: () => boolean = () => false;

/** Stay after the end of the session while this is true. */
export function keepWhile(typed: () => boolean): void {
  unsaved = typed;
}

/** Whether a form of the page has something in it that was not there when it was drawn. */
export const typedInto = (page: HTMLElement): boolean =>
  [...page.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input:not([type=hidden]), textarea:not([readonly])")].some(
    ({ value, defaultValue }) => value !== defaultValue,
  );

/** The session is over: to the log-in page, which says so; or a word of how to save what was typed. */
export function leave(): void {
  if (!unsaved()) return location.replace("/login?why=over");
  const notice = document.getElementById("session-over") ?? added();
  show(notice, true);
}

/** The server knows who is here. */
export function stays(): void {
  const notice = document.getElementById("session-over");
  if (notice) show(notice, false);
}

function added(): HTMLElement {
  const notice = make("p", "notice notice-bad banner");
  notice.id = "session-over";
  notice.setAttribute("role", "alert");
  const link = make("a", "", t.log_in_again);
  link.href = "/login";
  link.target = "_blank";
  link.rel = "noopener";
  notice.append(make("span", "", `${t.session_over} `), link);
  document.querySelector("main")?.before(notice);
  return notice;
}
