// The page's words, and how it writes times. Polish; durations as m:ss.

export const AGENT_STATE = {
  off: "Poza pracą",
  available: "Dostępny",
  offered: "Nadchodzi rozmowa",
  ringing: "Telefon dzwoni",
  talking: "W rozmowie",
  holding: "Rozmowa zawieszona",
  wrap_up: "Po rozmowie",
  paused: "Przerwa",
  not_answering: "Nie odbiera",
  busy: "Telefon zajęty",
  unreachable: "Telefon niedostępny",
};

export const TONE = {
  available: "go", offered: "call", ringing: "call", talking: "call", holding: "call", wrap_up: "wait",
  paused: "wait", not_answering: "wait", busy: "wait", unreachable: "wait",
};

export const REASON = {
  signed_in: "po zalogowaniu",
  break: "odpoczynek",
  meal: "posiłek",
  training: "szkolenie",
  paperwork: "prace biurowe",
  no_answer: "nieodebrana rozmowa",
  rejected: "odrzucona rozmowa",
  phone_unreachable: "telefon nie odpowiada",
};

export const HINT = {
  signed_in: "Dzień dobry! Naciśnij „Dostępny”, aby przyjmować rozmowy.",
  no_answer: "Telefon nie został odebrany, rozmowa wróciła do kolejki. Naciśnij „Dostępny”, aby przyjmować kolejne.",
  rejected: "Telefon odrzucił rozmowę, wróciła do kolejki. Naciśnij „Dostępny”, aby przyjmować kolejne.",
  phone_unreachable: "Telefon nie odpowiada. Sprawdź, czy jest włączony i zalogowany, potem naciśnij „Dostępny”.",
};

export const PHONE = {
  NOT_INUSE: "telefon gotowy",
  INUSE: "telefon w użyciu",
  BUSY: "telefon zajęty",
  RINGING: "telefon dzwoni",
  RINGINUSE: "telefon dzwoni",
  ONHOLD: "rozmowa zawieszona",
  UNAVAILABLE: "telefon niedostępny",
  INVALID: "telefon nieznany",
};

/** Why nothing is known of a stretch of a call. */
export const UNKNOWN = {
  link: "przerwa w łączności z centralą",
  distrust: "niewiarygodne dane z centrali",
  overflow: "przeciążenie serwera",
  restart: "ponowne uruchomienie serwera",
};

export const LANE = { accessibility: "Wsparcie dostępności", standard: "Pozostali" };

export const STAGE = {
  menu: 0, line: 0, offered: 0, ringing: 1, talking: 2, after_talk: 3, transferred_out: 3, ended: 3,
};

const ENDED = {
  answered: "Rozmowa zakończona",
  transferred_out: "Rozmowa przekazana na zewnątrz",
  abandoned_line: "Dzwoniący się rozłączył",
  interrupted: "Połączenie przerwane",
};

export const howItEnded = (call) => (call.missed ? "Nieodebrana" : ENDED[call.outcome] ?? "Rozmowa zakończona");

/** Seconds as m:ss or h:mm:ss. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** The same for a screen reader: "2 min 5 s". */
export function spokenDuration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

const clockFormat = new Intl.DateTimeFormat("pl", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("pl", { day: "numeric", month: "long", year: "numeric" });

export const clockTime = (at) => clockFormat.format(new Date(at * 1000));
export const day = (at) => dayFormat.format(new Date(at * 1000));

/** A date without a time ("2019-05-01"), which belongs to no time zone. */
export function dateOnly(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  return dayFormat.format(new Date(year, month - 1, date));
}

/** Who calls, as far as is known. */
export function callerName(pop) {
  if (pop.card?.customer) return pop.card.customer.name;
  if (!pop.caller) return "Numer zastrzeżony";
  if (!pop.card) return pop.caller;
  return pop.card.available ? "Numer nieznany w bazie" : "Baza klientów niedostępna";
}
