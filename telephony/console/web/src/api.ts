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

/** The session is over: to the log-in page, which says so. */
export const leave = (): void => location.replace("/login?why=over");

const token = (): string => document.querySelector<HTMLInputElement>("input[name=csrf]")?.value ?? "";

async function ask(method: string, path: string, body?: unknown, withinMs = ANSWER_MS): Promise<unknown> {
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
export const get = async <T>(path: string): Promise<T> => (await ask("GET", path)) as T;
export const post = async <T>(path: string, body?: unknown, withinMs?: number): Promise<T> =>
  (await ask("POST", path, body, withinMs)) as T;
export const put = async <T>(path: string, body?: unknown): Promise<T> => (await ask("PUT", path, body)) as T;
export const remove = async <T>(path: string): Promise<T> => (await ask("DELETE", path)) as T;
