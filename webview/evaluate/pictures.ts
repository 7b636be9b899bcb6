import { element } from '../dom.js';

/** Pictures in one request: the host answers one after the other. */
const AT_ONCE = 30;

type Use = (data: string | undefined) => void;

/**
 * Small pictures that the host draws when they are about to be seen, each once. An evaluation names thousands of files; a reader
 * sees some dozens.
 */
export class Pictures {
  private readonly known = new Map<string, string | undefined>();
  private readonly waiting = new Map<string, Use[]>();
  /** Wished, but not yet asked for. */
  private readonly wished = new Set<string>();
  private readonly seen: IntersectionObserver;
  private readonly files = new WeakMap<Element, string>();

  constructor(private readonly ask: (files: string[]) => void) {
    this.seen = new IntersectionObserver((entries) => this.appeared(entries), { rootMargin: '300px' });
  }

  /** A picture that is asked for when it comes near the window. */
  image(file: string, alt: string, className = ''): HTMLElement {
    const image = element('img', { alt, class: `face ${className}`.trim(), 'data-state': 'waiting' });
    this.files.set(image, file);
    this.seen.observe(image);
    return image;
  }

  /** Calls back with the picture, at once where it is there. */
  want(file: string, use: Use): void {
    if (this.known.has(file)) {
      use(this.known.get(file));
      return;
    }
    const uses = this.waiting.get(file);
    if (uses) uses.push(use);
    else {
      this.waiting.set(file, [use]);
      this.wished.add(file);
      // What comes near in one frame is asked for together.
      if (this.wished.size === 1) requestAnimationFrame(() => this.send());
    }
  }

  arrived(pictures: readonly { readonly file: string; readonly data?: string | undefined }[]): void {
    for (const { file, data } of pictures) {
      this.known.set(file, data);
      const uses = this.waiting.get(file) ?? [];
      this.waiting.delete(file);
      for (const use of uses) use(data);
    }
  }

  private appeared(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const file = this.files.get(target);
      if (!isIntersecting || file === undefined) continue;
      this.seen.unobserve(target);
      this.want(file, (data) => {
        target.setAttribute('data-state', data === undefined ? 'missing' : 'there');
        if (data !== undefined) target.setAttribute('src', data);
      });
    }
  }

  private send(): void {
    const files = [...this.wished];
    this.wished.clear();
    for (let i = 0; i < files.length; i += AT_ONCE) this.ask(files.slice(i, i + AT_ONCE));
  }
}
