import type { Comparison } from '../../protocol/comparison.js';
import { modelPanelMessage, type ModelPanelContent, type ModelPanelMessage } from '../../protocol/modelPanel.js';
import type { Editor, Panel } from '../editor.js';
import { namedFile } from '../insideFolder.js';
import { PageHost, type CommonMessage, type Page } from './pageHost.js';

/** What both pages of a network may say. */
export type ModelMessage = Exclude<ModelPanelMessage, CommonMessage>;

/** Float and int8 of a checkpoint beside each other. */
export class ComparisonPage implements Page<ModelMessage, ModelPanelContent> {
  readonly script = 'model.js';
  readonly messages = modelPanelMessage;
  private readonly host: PageHost<ModelMessage, ModelPanelContent>;

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly title: string,
    private readonly checkpoint: string,
    private comparison: Comparison,
  ) {
    this.host = new PageHost<ModelMessage, ModelPanelContent>(editor, panel, this);
  }

  get saved(): { kind: 'comparison'; checkpoint: string } {
    return { kind: 'comparison', checkpoint: this.checkpoint };
  }

  snapshot(): ModelPanelContent {
    return { type: 'comparison', title: this.title, comparison: this.comparison };
  }

  show(comparison: Comparison): void {
    this.comparison = comparison;
    this.host.refresh();
  }

  async receive(message: ModelMessage): Promise<void> {
    if (message.type === 'export') await this.editor.execute('faceTrainer.exportModel', this.checkpoint);
    else if (message.type === 'tryPicture') await this.editor.execute('faceTrainer.tryPicture', this.checkpoint);
    else if (message.type === 'open') {
      const { dataset, gallery } = this.comparison;
      const named = gallery.map(({ file }) => file);
      await this.editor.open(namedFile(dataset, named, message.file));
    }
  }
}
