import type { DataPanelContent, DataPanelMessage } from '../src/protocol/dataPanel.js';
import { reportParts } from './checkParts.js';
import type { Page, View } from './page.js';
import { rateParts } from './rateParts.js';
import { sampleParts } from './sampleParts.js';

/** The panel of pictures: what a check has found, what chance makes of some pictures, or a learning rate. Drawn whole from one message. */
export class DataView implements View<DataPanelContent> {
  private content: DataPanelContent | undefined;
  readonly types = { report: true, samples: true, rate: true } as const;

  constructor(private readonly page: Page<DataPanelMessage>) {}

  receive(content: DataPanelContent): void {
    this.content = content;
    this.page.root.replaceChildren(...this.partsOf(content));
    document.body.dataset['content'] = content.type;
  }

  /** The style sheet follows the theme by itself, a canvas does not; to draw a report anew would close what a reader has opened. */
  draw(): void {
    if (this.content?.type === 'rate') this.page.root.replaceChildren(...this.partsOf(this.content));
  }

  private partsOf(content: DataPanelContent): HTMLElement[] {
    const { post } = this.page;
    switch (content.type) {
      case 'report':
        return reportParts(content, post);
      case 'samples':
        return sampleParts(content, post);
      case 'rate':
        return rateParts(content.search, post);
    }
  }
}
