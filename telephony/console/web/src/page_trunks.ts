// The page of trunks, for network engineers: how they are, what a file would change, applying it, and going back.

import table from "../texts/trunks.json";
import { Problem, get, post } from "./api";
import { leave } from "./session";
import { attempt, tellProblem } from "./dialogs";
import { byId, say, setText, show } from "./dom";
import { fill, words } from "./texts";
import { secondTime } from "./times";
import { drawBooks, type Book } from "./view_trunk_books";
import { drawJob, headOf, type Job } from "./view_trunk_job";
import { drawPlan, type Plan } from "./view_trunk_plan";
import { drawStates, type Sound, type Trunk } from "./view_trunk_states";

const POLL_MS = 5_000;
const BUSY_MS = 700; // while something is being done
const SOUND_MS = 60_000;
const PLAN_MS = 60_000; // ten thousand numbers at several nodes
const t = words(table);

interface Trunks {
  now: number;
  file: string;
  trunks: Trunk[];
  job: Job | null;
}

let job: Job | null = null;
let sounds: Sound[] = [];
let plan: Plan | undefined;
let next: ReturnType<typeof setTimeout> | undefined;

function draw(now: Trunks): void {
  setText(byId("as-of"), fill(t.as_of, { time: secondTime(now.now) }));
  tellProblem("problem", "");
  setText(byId("file"), now.file ? fill(t.file, { file: now.file }) : t.no_file);
  show(byId("plan-button"), Boolean(now.file));
  drawStates(now.trunks, sounds);
  const ran = job !== null && job.ended_at === null;
  job = now.job;
  drawJob(job);
  const runs = job !== null && job.ended_at === null;
  for (const id of ["plan-button", "apply-button"]) byId<HTMLButtonElement>(id).disabled = runs;
  if (ran && job && !runs) ended(job);
}

function ended(done: Job): void {
  say(byId("say"), fill(t.ended, { result: headOf(done) }));
  plan = undefined;
  drawPlan(plan);
  void readHistory();
}

async function told(errorId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    tellProblem(errorId, "");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return leave();
    tellProblem(errorId, error.status > 0 ? error.message : t.offline);
  }
}

const readHistory = (): Promise<void> =>
  told("history-error", async () => {
    const { nodes } = await get<{ nodes: Book[] }>("trunks/history");
    drawBooks(nodes, (node, revision) => void change("history-error", "rollback", { node, revision }));
  });

async function makePlan(): Promise<void> {
  say(byId("say"), t.planning);
  const button = byId<HTMLButtonElement>("plan-button");
  button.setAttribute("aria-disabled", "true");
  await told("plan-error", async () => {
    plan = await get<Plan>("trunks/plan", PLAN_MS);
    drawPlan(plan);
    const count = plan.nodes.reduce((sum, node) => sum + node.count, 0);
    say(byId("say"), plan.wrong.length ? t.wrong : fill(t.planned, { count }));
  });
  button.removeAttribute("aria-disabled");
}

/** Asks for a proof, begins, and follows. */
async function change(errorId: string, what: "apply" | "rollback", body: unknown): Promise<void> {
  const begun = async (): Promise<void> => {
    const now = await post<Trunks>(`trunks/${what}`, body);
    draw(now);
    if (now.job && now.job.ended_at !== null) ended(now.job);
  };
  if (!(await attempt(errorId, begun))) return;
  byId("job-title").focus();
  follow(BUSY_MS);
}

async function poll(): Promise<void> {
  if (!document.hidden) await told("problem", async () => draw(await get<Trunks>("trunks")));
  follow(job !== null && job.ended_at === null ? BUSY_MS : POLL_MS);
}

function follow(afterMs: number): void {
  clearTimeout(next);
  next = setTimeout(() => void poll(), afterMs);
}

async function readSound(): Promise<void> {
  if (document.hidden) return;
  await told("problem", async () => {
    sounds = (await get<{ sounds: Sound[] }>("trunks/sound")).sounds;
  });
}

byId("plan-button").addEventListener("click", () => void makePlan());
byId("apply-button").addEventListener("click", () => {
  if (plan) void change("plan-error", "apply", { seen: plan.seen });
});
document.addEventListener("visibilitychange", () => void poll());
setInterval(() => void readSound(), SOUND_MS);
void readSound().then(poll);
void readHistory();
