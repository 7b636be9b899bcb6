import path from 'node:path';
import { RunModel } from '../../client/runModel.js';
import { readOwnFile } from '../../platform/regularFile.js';
import { RunFolder } from '../../runs/runFolder.js';
import type { Editor, Panel } from '../editor.js';
import { insideFolder } from '../insideFolder.js';
import { runName } from '../runName.js';
import { OpenPanels, type Shown } from './openPanels.js';
import { foreignHtml } from './pageHtml.js';

export const REPORT_VIEW = 'faceTrainer.report';

/** Bytes; a contact sheet with all its pictures has 6 MB. */
const LARGEST = 64 * 2 ** 20;

interface Sheet extends Shown {
  print(): void;
}

/** Pages that lie as files beside the user's pictures and runs: one tab a file. */
export class Reports {
  private readonly open: OpenPanels<Sheet>;

  constructor(private readonly editor: Editor) {
    this.open = new OpenPanels(editor, REPORT_VIEW);
  }

  /** A run's report, as it is now. */
  async openReport(runFolder: string): Promise<void> {
    const model = new RunModel(runFolder);
    if (insideFolder(runFolder, path.basename(model.reportFile)) === undefined || !model.hasReport) {
      await this.editor.say('warning', 'This run has no report yet: one is written after every epoch.');
      return;
    }
    this.show(model.reportFile, `Report: ${runName(model)}`);
  }

  openContactSheet(file: string): void {
    this.show(file, 'Contact sheet');
  }

  /** The run has written its report anew. */
  refresh(runFolder: string): void {
    this.open.get(new RunFolder(runFolder).report)?.print();
  }

  private show(file: string, title: string): void {
    const make = (panel: Panel): Sheet => ({
      panel,
      print: () => panel.print(foreignHtml(readOwnFile(file, LARGEST).toString('utf8'))),
    });
    this.open.show(file, title, true, make).print();
  }
}
