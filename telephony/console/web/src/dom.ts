// The only ways these pages touch the document. Whatever a caller sent is text, never markup.

/** An element that the page certainly has. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`this page has no #${id}`);
  return found as E;
}

/** Set text, if it is different: a live region must not speak twice. */
export function setText(element: Element, text: string | null | undefined): void {
  const wanted = text ?? "";
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Speak through a live region: emptied first, so that the same words can be spoken again. */
export function say(element: Element, text: string): void {
  element.textContent = "";
  setTimeout(() => setText(element, text), 50);
}

export function show(element: HTMLElement, visible: boolean): void {
  if (element.hidden === visible) element.hidden = !visible;
}

/** A new element with a class and text in it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text: string | null = null,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== null) element.textContent = text;
  return element;
}

/** The same, for text that comes from outside: its direction stays its own. */
export function makeForeign<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text: string,
): HTMLElementTagNameMap[K] {
  const element = make(tag, className, text);
  element.dir = "auto";
  return element;
}

/** Draw a list anew; elements of the same shape stay and change, so that a screen reader keeps its place in them. */
export function redraw(list: Element, wanted: readonly Element[]): void {
  const there = [...list.children];
  for (const extra of there.slice(wanted.length)) extra.remove();
  wanted.forEach((each, at) => {
    const known = there[at];
    if (known) become(known, each);
    else list.append(each);
  });
}

function become(known: Node, wanted: Node): void {
  if (known.isEqualNode(wanted)) return;
  const [before, after] = [[...known.childNodes], [...wanted.childNodes]];
  if (known instanceof Element && wanted instanceof Element) {
    if (known.tagName !== wanted.tagName || before.length !== after.length) return known.replaceWith(wanted);
    for (const { name } of [...known.attributes]) if (!wanted.hasAttribute(name)) known.removeAttribute(name);
    for (const { name, value } of wanted.attributes) known.setAttribute(name, value);
    after.forEach((each, at) => become(before[at] as Node, each));
  } else if (known instanceof Text && wanted instanceof Text) known.data = wanted.data;
  else known.parentNode?.replaceChild(wanted, known);
}
