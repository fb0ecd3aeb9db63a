// The only ways this page touches the document. Whatever a caller sent is text, never markup.

export const byId = (id) => document.getElementById(id);

/** Set text, if it is different: a live region must not speak twice. */
export function setText(element, text) {
  const wanted = text ?? "";
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Speak through a live region: emptied first, so that the same words can be spoken again. */
export function say(element, text) {
  element.textContent = "";
  setTimeout(() => setText(element, text), 50);
}

export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/** A new element with a class and text in it. */
export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

/** The same, for text that comes from outside: its direction stays its own. */
export function makeForeign(tag, className, text) {
  const element = make(tag, className, text);
  element.dir = "auto";
  return element;
}
