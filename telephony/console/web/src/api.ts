// What a page asks of the server: JSON under /api/console/, errors as problem+json [RFC 9457].

const ANSWER_MS = 10_000;

/** The server refused; `message` is its title and fit to be shown, `status` the HTTP status (0: no connection). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    title: string,
    readonly detail = "",
    readonly reason = "",
  ) {
    super(title);
  }
}

const fields = (): NodeListOf<HTMLInputElement> => document.querySelectorAll("input[name=csrf]");
const token = (): string => fields()[0]?.value ?? "";

/** Somebody has logged in anew in another tab: the same person may go on here, with the token of that log-in. */
async function renew(): Promise<boolean> {
  const me = await get<{ login: string; token: string }>("me");
  if ([...fields()].some((each) => each.dataset["login"] && each.dataset["login"] !== me.login)) {
    location.replace("/");
    return false;
  }
  for (const each of fields()) each.value = me.token;
  return true;
}

async function ask(method: string, path: string, body?: unknown, withinMs = ANSWER_MS): Promise<unknown> {
  try {
    return await tried(method, path, body, withinMs);
  } catch (error) {
    if (!(error instanceof Problem && error.reason === "stale" && (await renew()))) throw error;
    return tried(method, path, body, withinMs);
  }
}

async function tried(method: string, path: string, body: unknown, withinMs: number): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = token();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const signal = AbortSignal.timeout(withinMs);
  const answer = await fetch(`/api/console/${path}`, { method, headers, signal, cache: "no-store", ...content }).catch(
    (error: unknown) => {
      throw new Problem(0, String(error));
    },
  );
  if (answer.status === 204) return undefined;
  const told: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw problem(answer, told);
  return told;
}

function problem(answer: Response, told: unknown): Problem {
  const known = (told ?? {}) as { title?: unknown; detail?: unknown; reason?: unknown };
  const title = String(known.title ?? answer.statusText);
  return new Problem(answer.status, title, String(known.detail ?? ""), String(known.reason ?? ""));
}

/** Whoever calls names the shape of the answer; it is the server's OpenAPI that promises it. */
export const get = async <T>(path: string, withinMs?: number): Promise<T> =>
  (await ask("GET", path, undefined, withinMs)) as T;
export const post = async <T>(path: string, body?: unknown, withinMs?: number): Promise<T> =>
  (await ask("POST", path, body, withinMs)) as T;
export const put = async <T>(path: string, body?: unknown): Promise<T> => (await ask("PUT", path, body)) as T;
export const remove = async <T>(path: string): Promise<T> => (await ask("DELETE", path)) as T;
