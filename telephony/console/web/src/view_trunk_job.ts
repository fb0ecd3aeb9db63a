// What is being done about trunks, step by step, or was last; after a failure, which node has what and how to go on.

import table from "../texts/trunks.json";
import { byId, make, makeForeign, redraw, setText, show } from "./dom";
import { fill, lookUp, words } from "./texts";
import { moment } from "./times";
import { english } from "./view_trunk_plan";

const t = words(table);

export interface Job {
  doing: string;
  by: string;
  began_at: number;
  ended_at: number | null;
  nodes: string[];
  node: string;
  stage: string;
  done: { node: string; revision: string; changes: number; failed: string[] }[];
  standings: { node: string; revision: string; has: string }[];
  trouble: string;
  failed: boolean;
}

export function headOf(job: Job): string {
  const how = job.ended_at === null ? "" : job.failed ? "_failed" : "_done";
  return fill(lookUp(t, `job_${job.doing}${how}`, job.doing), { who: job.by, time: moment(job.began_at) });
}

function nodeLine(job: Job, node: string): HTMLElement {
  const done = job.done.find((each) => each.node === node);
  if (!done) {
    const stage = lookUp(t, `stage_${job.stage}`, job.stage);
    if (node === job.node) return makeForeign("li", "", fill(t.node_now, { node, stage }));
    return makeForeign("li", "", fill(job.ended_at === null ? t.node_waits : t.node_left, { node }));
  }
  const revision = done.revision || t.no_revision;
  if (!done.failed.length) {
    const same = job.doing === "apply" && done.changes === 0;
    return makeForeign("li", "", fill(same ? t.node_same : t.node_done, { node, revision }));
  }
  const line = makeForeign("li", "", fill(t.node_failed, { node, revision }));
  const list = make("ul");
  list.append(...done.failed.map((each) => english("li", each)));
  line.append(list);
  return line;
}

function more({ standings, trouble }: Job): HTMLElement[] {
  const parts: HTMLElement[] = trouble ? [english("p", trouble)] : [];
  if (standings.length < 2) return parts;
  for (const { node, revision, has } of standings)
    parts.push(makeForeign("p", "", fill(lookUp(t, `has_${has}`, has), { node, revision: revision || t.no_revision })));
  return [...parts, make("p", "", t.go_on)];
}

export function drawJob(job: Job | null): void {
  show(byId("none-job"), job === null);
  show(byId("job-head"), job !== null);
  setText(byId("job-head"), job && headOf(job));
  redraw(byId("job-nodes"), job ? job.nodes.map((node) => nodeLine(job, node)) : []);
  redraw(byId("job-more"), job ? more(job) : []);
}
