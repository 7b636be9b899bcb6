import { BUTTON } from './toolkit.js';

type Child = Node | string | undefined;

/** Makes an element; text is text, never markup. */
export function element(
  tag: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A button of the toolkit; the page's one of its kind has an `id`. */
export function button(
  text: string,
  attributes: Readonly<Record<string, string>> & { readonly appearance: 'primary' | 'secondary' },
  onClick: () => void,
): HTMLElement {
  const made = element(BUTTON, attributes, text);
  made.addEventListener('click', onClick);
  return made;
}

/** A picture with words that can be clicked: the browser's own button, which Enter and Space press. It holds phrases, no blocks. */
export function cardButton(
  attributes: Readonly<Record<string, string>>,
  onClick: () => void,
  ...children: Child[]
): HTMLElement {
  const made = element('button', { type: 'button', ...attributes }, ...children);
  made.addEventListener('click', onClick);
  return made;
}

/** What a page is about, a line about it, and what can be done. */
export function pageHeader(name: readonly Child[], subtitle: Child, actions: readonly HTMLElement[]): HTMLElement {
  const heading = element('div', { class: 'heading' }, element('div', { class: 'name' }, ...name), subtitle);
  return element('header', {}, heading, element('div', { class: 'actions' }, ...actions));
}

/** Numbers with their names, as a list of both. */
export function tiles(...made: HTMLElement[]): HTMLElement {
  return element('dl', { class: 'tiles' }, ...made);
}

/** A number with its name and a line about it. */
export function tile(label: Child, value: Child, detail: Child): HTMLElement {
  return element(
    'div',
    { class: 'tile' },
    element('dt', { class: 'label' }, label),
    element('dd', { class: 'value' }, value),
    element('dd', { class: 'detail' }, detail),
  );
}

/** Sets the text only when it differs, so that a screen reader and a selection are left alone. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A file's content in base64; its characters are made in parts, as a call takes so many arguments only. */
export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
