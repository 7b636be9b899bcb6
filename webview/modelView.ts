import { LARGEST_PASTE } from '../src/protocol/limits.js';
import type { ModelPanelContent, ModelPanelMessage } from '../src/protocol/modelPanel.js';
import { ComparisonView } from './comparisonView.js';
import { base64Of } from './dom.js';
import type { Page, View } from './page.js';
import { RecognizeView } from './recognizeView.js';
import { TryView } from './tryView.js';

/** The panel of a network: float and int8 beside each other, or pictures that it or a recognizer is asked about. Drawn whole from one message. */
export class ModelView implements View<ModelPanelContent> {
  readonly types = { comparison: true, try: true, recognize: true } as const;
  private readonly comparison: ComparisonView;
  private readonly attempts: TryView;
  private readonly recognizing: RecognizeView;
  private current: ModelPanelContent | undefined;

  constructor(private readonly page: Page<ModelPanelMessage>) {
    this.comparison = new ComparisonView(page.post);
    this.attempts = new TryView(page.post, () => void this.paste());
    this.recognizing = new RecognizeView(page.post, () => void this.paste());
    // Pictures come by the clipboard, and by a drop with the Shift key held: without it the editor opens them.
    window.addEventListener('paste', (event) => this.take(event.clipboardData));
    window.addEventListener('dragover', (event) => event.preventDefault());
    window.addEventListener('drop', (event) => {
      event.preventDefault();
      this.take(event.dataTransfer);
    });
  }

  receive(content: ModelPanelContent): void {
    this.current = content;
    const view = { comparison: this.comparison, try: this.attempts, recognize: this.recognizing }[content.type];
    const focused = document.activeElement?.id;
    if (view.root.parentNode !== this.page.root) this.page.root.replaceChildren(view.root);
    document.body.dataset['content'] = content.type;
    if (content.type === 'comparison') this.comparison.show(content);
    else if (content.type === 'try') this.attempts.show(content);
    else this.recognizing.show(content);
    // The box that changes who answers stands on both pages: it keeps the focus.
    if (focused === 'closedSet') view.root.querySelector<HTMLElement>('#closedSet')?.focus();
  }

  draw(): void {
    if (this.current?.type === 'comparison') this.comparison.drawChart();
  }

  /** What is pasted or dropped while pictures are tried; over a comparison there is nothing to do with it. */
  private take(data: DataTransfer | null): void {
    if (this.current?.type === undefined || this.current.type === 'comparison') return;
    const pictures = [...(data?.files ?? [])].filter(({ type }) => type.startsWith('image/'));
    if (pictures.length === 0) this.hint('There is no picture in the clipboard.');
    this.send(pictures).catch((error: unknown) => {
      this.hint('The picture could not be read.');
      this.page.failed('picture', error);
    });
  }

  /** The clipboard by a button: an editor may deny it, and the keys are left. */
  private async paste(): Promise<void> {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((name) => name.startsWith('image/'));
        if (type === undefined) continue;
        this.page.post({ type: 'picture', name: 'pasted picture', data: await base64Of(await item.getType(type)) });
        return;
      }
      this.hint('There is no picture in the clipboard.');
    } catch {
      this.hint('The editor does not let this button read the clipboard: press Ctrl+V or ⌘V instead.');
    }
  }

  private hint(text: string): void {
    if (this.current?.type === 'recognize') this.recognizing.hint(text);
    else this.attempts.hint(text);
  }

  /** One after the other: a message holds a whole file in base64, a third larger than it is. */
  private async send(pictures: readonly File[]): Promise<void> {
    for (const file of pictures) {
      if (file.size > LARGEST_PASTE) {
        this.hint(`“${file.name}” is too large: choose it as a file.`);
        continue;
      }
      this.page.post({ type: 'picture', name: file.name || 'pasted picture', data: await base64Of(file) });
    }
  }
}
