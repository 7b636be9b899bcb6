import type { DataPanelContent, DataPanelMessage } from '../src/protocol/dataPanel.js';
import { reportParts } from './checkParts.js';
import type { Page, View } from './page.js';
import { sampleParts } from './sampleParts.js';

/** The panel of pictures: what a check has found, or what chance makes of some pictures. Drawn whole from one message. */
export class DataView implements View<DataPanelContent> {
  readonly types = { report: true, samples: true } as const;

  constructor(private readonly page: Page<DataPanelMessage>) {}

  receive(content: DataPanelContent): void {
    const { root, post } = this.page;
    root.replaceChildren(...(content.type === 'report' ? reportParts(content, post) : sampleParts(content, post)));
    document.body.dataset['content'] = content.type;
  }

  /** The style sheet follows the theme by itself; to draw anew would close what a reader has opened. */
  draw(): void {}
}
