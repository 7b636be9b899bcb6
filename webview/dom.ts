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

/** A number with its name and a line about it. */
export function tile(label: string, value: string, detail: string): HTMLElement {
  const part = (name: string, text: string) => element('span', { class: name }, text);
  return element('div', { class: 'tile' }, part('label', label), part('value', value), part('detail', detail));
}

/** Sets the text only when it differs, so that a screen reader and a selection are left alone. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A file's content in base64; its characters are made in parts, as a call takes so many arguments only. */
export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
