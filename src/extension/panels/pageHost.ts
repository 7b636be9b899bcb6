import { inspect } from 'node:util';
import type * as z from 'zod';
import type { Editor, PageScript, Panel } from '../editor.js';
import { tellFailure } from '../failures.js';

/** A page may send whatever can be cloned, of any size. */
const BRIEFLY = { depth: 2, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 10 };

/** What every page says beside its own messages. */
export type CommonMessage =
  /** The document has loaded (again). */
  | { readonly type: 'ready' }
  /** Something in it went wrong: for the log. */
  | { readonly type: 'failed'; readonly message: string };

/** What makes a page its own. `In`: from the page to the host; `Out`: from the host to the page. */
export interface Page<In extends { readonly type: string }, Out> {
  readonly script: PageScript;
  readonly messages: z.ZodType<In | CommonMessage>;
  /** What brings it back after a reload of the window. */
  readonly saved: object;
  /** For a document that has just loaded: all that there is to show. */
  snapshot(): Out;
  receive(message: In): void | Promise<void>;
  closed?(): void;
}

/**
 * The host's side of one webview: its document, its messages, its end. A document may be thrown away and loaded again at any
 * time (its tab was hidden): it then says `ready`, and gets a snapshot.
 */
export class PageHost<In extends { readonly type: string }, Out> {
  /** What is posted to a document that has not loaded is lost: it waits for the snapshot. */
  private ready = false;

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly page: Page<In, Out>,
  ) {
    panel.onMessage((raw) => this.receive(raw));
    panel.onClosed(() => {
      this.ready = false;
      page.closed?.();
    });
    this.load();
  }

  /** Loads the document anew, for instance because what brings it back has changed. */
  load(): void {
    this.ready = false;
    this.panel.load(this.page.script, this.page.saved);
  }

  post(message: Out): void {
    if (this.ready) this.panel.post(message);
  }

  /** For a page that is drawn whole from one message. */
  refresh(): void {
    this.post(this.page.snapshot());
  }

  private receive(raw: unknown): void {
    const parsed = this.page.messages.safeParse(raw);
    if (!parsed.success) {
      this.editor.log.error(`page message not understood: ${inspect(raw, BRIEFLY).slice(0, 500)}`);
      return;
    }
    const message = parsed.data;
    if (isCommon(message)) {
      if (message.type === 'failed') this.editor.log.error(`page: ${message.message}`);
      else {
        this.ready = true;
        this.refresh();
      }
      return;
    }
    this.answer(message).catch((failure: unknown) => tellFailure(this.editor, failure));
  }

  private async answer(message: In): Promise<void> {
    await this.page.receive(message);
  }
}

function isCommon(message: { readonly type: string }): message is CommonMessage {
  return message.type === 'ready' || message.type === 'failed';
}
