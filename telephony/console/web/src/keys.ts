// Single-letter shortcuts, which can be switched off and never take a letter from somebody who types [WCAG 2.2 §2.1.4].

const actions = new Map<string, () => void>();
const on = document.documentElement.dataset["shortcuts"] !== "off";

export function shortcut(key: string, action: () => void): void {
  actions.set(key, action);
}

const types = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, select, textarea"));

document.addEventListener("keydown", (event) => {
  if (!on || event.ctrlKey || event.altKey || event.metaKey || event.repeat || types(event.target)) return;
  const action = actions.get(event.key.toLowerCase());
  if (!action) return;
  event.preventDefault();
  action();
});
