import { LARGEST_PASTE } from '../src/protocol/limits.js';
import type { ModelPanelContent, ModelPanelMessage } from '../src/protocol/modelPanel.js';
import { ComparisonView } from './comparisonView.js';
import { base64Of } from './dom.js';
import type { Page, View } from './page.js';
import { TryView } from './tryView.js';

/** The panel of a network: float and int8 beside each other, or pictures to try. Drawn whole from one message. */
export class ModelView implements View<ModelPanelContent> {
  readonly types = { comparison: true, try: true } as const;
  private readonly comparison: ComparisonView;
  private readonly attempts: TryView;
  private current: ModelPanelContent | undefined;

  constructor(private readonly page: Page<ModelPanelMessage>) {
    this.comparison = new ComparisonView(page.post);
    this.attempts = new TryView(page.post);
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
    const view = content.type === 'comparison' ? this.comparison : this.attempts;
    if (view.root.parentNode !== this.page.root) this.page.root.replaceChildren(view.root);
    document.body.dataset['content'] = content.type;
    if (content.type === 'comparison') this.comparison.show(content);
    else this.attempts.show(content);
  }

  draw(): void {
    if (this.current?.type === 'comparison') this.comparison.drawChart();
  }

  /** What is pasted or dropped while pictures are tried; over a comparison there is nothing to do with it. */
  private take(data: DataTransfer | null): void {
    if (this.current?.type !== 'try') return;
    const pictures = [...(data?.files ?? [])].filter(({ type }) => type.startsWith('image/'));
    if (pictures.length === 0) this.attempts.hint('There is no picture in the clipboard.');
    this.send(pictures).catch((error: unknown) => {
      this.attempts.hint('The picture could not be read.');
      this.page.failed('picture', error);
    });
  }

  /** One after the other: a message holds a whole file in base64, a third larger than it is. */
  private async send(pictures: readonly File[]): Promise<void> {
    for (const file of pictures) {
      if (file.size > LARGEST_PASTE) {
        this.attempts.hint(`“${file.name}” is too large: choose it as a file.`);
        continue;
      }
      this.page.post({ type: 'picture', name: file.name || 'pasted picture', data: await base64Of(file) });
    }
  }
}
