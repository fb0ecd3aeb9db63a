// How trunks are: judged by the server, registered or not, what their hosts answer, what goes over them, how it sounds.

import table from "../texts/trunks.json";
import { byId, make, makeForeign, redraw, show } from "./dom";
import { fill, language, lookUp, words } from "./texts";
import { moment } from "./times";

const t = words(table);
const locale = language === "en" ? "en-GB" : language;
const mosFormat = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const partFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

export interface Trunk {
  node: string;
  trunk: string;
  carrier: string;
  registration: string | null;
  hosts: { uri: string; status: string; round_trip_ms: number | null }[];
  calls_in: number;
  calls_out: number;
  ill: boolean;
  reason: string;
  since: number;
  mos: number | null;
  measured: number;
  seen_at: number | null;
}

export interface Sound {
  trunk: string;
  scale: string | null;
  seconds: number;
  bad_s: number;
  mos_lq: number | null;
}

function judgement({ ill, reason, since, seen_at }: Trunk): HTMLElement {
  if (!ill) return make("td", "", seen_at === null ? t.unknown : t.well);
  return make("td", "trunk-ill", fill(lookUp(t, `ill_${reason}`, t.ill_other), { time: moment(since) }));
}

function host({ uri, status, round_trip_ms }: Trunk["hosts"][number]): HTMLElement {
  const form = status === "Reachable" && round_trip_ms === null ? t.host_other : lookUp(t, `host_${status}`, t.host_other);
  return makeForeign("p", "", fill(form, { uri, status, ms: partFormat.format(round_trip_ms ?? 0) }));
}

function sounded(sounds: readonly Sound[]): HTMLElement {
  const cell = make("td");
  for (const { scale, seconds, bad_s, mos_lq } of sounds) {
    const bad = partFormat.format(seconds ? (100 * bad_s) / seconds : 0);
    const mos = mos_lq === null ? "" : mosFormat.format(mos_lq);
    const named = lookUp(t, `scale_${scale ?? ""}`, scale ?? "");
    cell.append(make("p", "", fill(mos ? t.day_sound : t.day_bad, { mos, scale: named, bad })));
  }
  if (!sounds.length) cell.append(make("p", "quiet", t.not_measured));
  return cell;
}

function row(trunk: Trunk, sounds: readonly Sound[]): HTMLElement {
  const line = make("tr");
  const head = makeForeign("th", "", trunk.trunk);
  head.scope = "row";
  head.append(makeForeign("p", "quiet", fill(t.at_node, { carrier: trunk.carrier, node: trunk.node })));
  const hosts = make("td");
  hosts.append(...trunk.hosts.map(host));
  const registered = trunk.registration;
  const mos = trunk.mos === null ? t.not_measured : mosFormat.format(trunk.mos);
  line.append(
    head, judgement(trunk),
    make("td", "", registered === null ? t.registration_none : lookUp(t, `registration_${registered}`, registered)),
    hosts, make("td", "", fill(t.calls_count, { in: trunk.calls_in, out: trunk.calls_out })),
    make("td", "", trunk.mos === null ? mos : fill(t.lately_mos, { mos, calls: trunk.measured })),
    sounded(sounds.filter((each) => each.trunk === trunk.trunk)),
  );
  return line;
}

export function drawStates(trunks: readonly Trunk[], sounds: readonly Sound[]): void {
  redraw(byId("states"), trunks.map((each) => row(each, sounds)));
  show(byId("none-states"), trunks.length === 0);
  show(byId("states-table"), trunks.length > 0);
}
