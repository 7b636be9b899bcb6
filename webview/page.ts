import { onThemeChange } from './theme.js';
import { registerComponents } from './toolkit.js';

interface Message {
  readonly type: string;
}
/** What every page says to its host. */
type Word = { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };

/** What a page shows, and which messages it takes. */
export interface View<In extends Message> {
  readonly types: Readonly<Record<In['type'], true>>;
  receive(message: In): void;
  /** At most once a frame: after messages, and after the theme has changed. */
  draw(): void;
}

/** Failures that are told: whatever fails in every frame, as one that fails differently each time, must not fill the log. */
const TOLD = 50;

/** The document of a panel: the line to its host, what it keeps over a reload, and the one place where failures end. */
export interface Page<Out extends Message, Saved extends object = object> {
  readonly root: HTMLElement;
  /** What the editor keeps of the page while it is hidden, and over a reload of the window. */
  readonly saved: Saved | undefined;
  save(saved: Saved): void;
  readonly post: (message: Out) => void;
  /** Does one part of the work; when it fails, the host is told and the other parts go on. */
  readonly attempt: (part: string, action: () => void) => void;
  /** Tells the host, once for each part and message. */
  failed(part: string, error: unknown): void;
  requestDraw(): void;
}

class PanelPage<Saved extends object> implements Page<Message, Saved> {
  readonly root = document.getElementById('panel')!;
  private readonly vscode = acquireVsCodeApi<Saved>();
  private readonly told = new Set<string>();
  private requested = false;

  readonly post = (message: Message): void => this.vscode.postMessage(message);

  get saved(): Saved | undefined {
    return this.vscode.getState();
  }

  save(saved: Saved): void {
    this.vscode.setState(saved);
  }

  readonly attempt = (part: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      this.failed(part, error);
    }
  };

  failed(part: string, error: unknown): void {
    const message = `${part}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    if (this.told.has(message) || this.told.size === TOLD) return;
    this.told.add(message);
    const word: Word = { type: 'failed', message };
    this.post(word);
  }

  private draw = (): void => undefined;
  readonly requestDraw = (): void => {
    if (this.requested) return;
    this.requested = true;
    requestAnimationFrame(() => {
      this.requested = false;
      this.attempt('draw', this.draw);
    });
  };

  /** From here on messages arrive. The host sends none before it has heard `ready`. */
  show<In extends Message>(view: View<In>): void {
    this.draw = () => view.draw();
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (!isOneOf<In>(data, view.types)) {
        this.failed('message', `not understood: ${JSON.stringify(data).slice(0, 300)}`);
        return;
      }
      this.attempt(data.type, () => view.receive(data));
      this.requestDraw();
    });
    onThemeChange(this.requestDraw);
    this.requestDraw();
    const ready: Word = { type: 'ready' };
    this.post(ready);
  }
}

/**
 * A look at the type alone. The host has validated whatever comes from a file or from another process, and is of the same
 * build as its pages: a second validation of a long run would cost a tenth of a second for each 100,000 steps, and the page a
 * fifth of its size.
 */
function isOneOf<In extends Message>(data: unknown, types: View<In>['types']): data is In {
  return (
    typeof data === 'object' &&
    data !== null &&
    'type' in data &&
    typeof data.type === 'string' &&
    Object.hasOwn(types, data.type)
  );
}

/** Opens the document that a script was loaded into. A failure anywhere in it, at any time, reaches the host. */
export function openPage<In extends Message, Out extends Message, Saved extends object = object>(
  build: (page: Page<Out, Saved>) => View<In>,
): void {
  const page = new PanelPage<Saved>();
  window.addEventListener('error', (event) => page.failed('page', event.error ?? event.message));
  window.addEventListener('unhandledrejection', ({ reason }) => page.failed('page', reason));
  registerComponents();
  page.attempt('page', () => page.show(build(page)));
}
