// Dialogs that ask before something is done, and the proof that somebody is still there [OWASP ASVS 5 §7.5.3].

import { Problem, get, post } from "./api";
import { byId, setText, show } from "./dom";

/** Show a problem at its form; an empty text takes it away. */
export function tellProblem(id: string, text: string): void {
  setText(byId(id), text);
  show(byId(id), text !== "");
}

/** Run what a form asks for; what is refused is told at `errorId`. Resolves to whether it was done. */
export async function attempt(errorId: string, work: () => Promise<void>): Promise<boolean> {
  tellProblem(errorId, "");
  try {
    await withProof(work);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.reason !== "cancelled") tellProblem(errorId, error.message);
    return false;
  }
}

/** Do it, and where the server wants a proof first, ask for the password and do it again. */
async function withProof(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem && error.reason === "step_up")) throw error;
    await prove();
    await work();
  }
}

/** A code belongs to the proof of whoever has a second factor; should the question fail, the server asks for it. */
function wantCode(code: HTMLInputElement, wanted: boolean): void {
  show(byId("step-up-code-field"), wanted);
  code.required = wanted;
}

async function askForCode(code: HTMLInputElement): Promise<void> {
  const { enrolled } = await get<{ enrolled: boolean }>("second-factor").catch(() => ({ enrolled: false }));
  if (enrolled) wantCode(code, true);
}

function prove(): Promise<void> {
  const dialog = byId<HTMLDialogElement>("step-up");
  const form = byId<HTMLFormElement>("step-up-form");
  const password = byId<HTMLInputElement>("step-up-password");
  const code = byId<HTMLInputElement>("step-up-code");
  const refused = (error: unknown): void => {
    tellProblem("step-up-error", error instanceof Problem ? error.message : String(error));
    if (!(error instanceof Problem)) return;
    if (error.reason === "code_wanted") wantCode(code, true);
    if (error.reason === "wrong_code" || error.reason === "code_wanted") code.focus();
  };
  const closing = new AbortController();
  return new Promise((resolve, reject) => {
    const { signal } = closing;
    const done = (finish: () => void): void => {
      closing.abort();
      form.reset();
      dialog.close();
      finish();
    };
    const cancelled = (): void => done(() => reject(new Problem(403, "", "", "cancelled")));
    byId("step-up-cancel").addEventListener("click", cancelled, { signal });
    dialog.addEventListener("cancel", cancelled, { signal });
    form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        post("step-up", { password: password.value, code: code.value }).then(() => done(resolve), refused);
      },
      { signal },
    );
    tellProblem("step-up-error", "");
    wantCode(code, false);
    void askForCode(code);
    dialog.showModal();
  });
}
