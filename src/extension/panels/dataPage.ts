import fs from 'node:fs';
import path from 'node:path';
import { exclusionFile, isAsWritten, writeExclusionList } from '../../client/exclusionList.js';
import { makePrivateFolder } from '../../platform/privateFolder.js';
import type { DatasetReport } from '../../protocol/check.js';
import { dataPanelMessage, type DataPanelContent, type DataPanelMessage } from '../../protocol/dataPanel.js';
import type { Editor, Panel } from '../editor.js';
import { namedFile } from '../insideFolder.js';
import { runsFolderFor } from '../runsFolders.js';
import { requireTrust } from '../trust.js';
import { PageHost, type CommonMessage, type Page } from './pageHost.js';

type DataMessage = Exclude<DataPanelMessage, CommonMessage>;

/** What a check has found in a folder, what chance makes of its pictures, or a learning rate for it. Drawn whole from one message. */
export class DataPage implements Page<DataMessage, DataPanelContent> {
  readonly script = 'data.js';
  readonly messages = dataPanelMessage;
  private readonly host: PageHost<DataMessage, DataPanelContent>;

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    public saved: object,
    private content: DataPanelContent,
  ) {
    this.host = new PageHost<DataMessage, DataPanelContent>(editor, panel, this);
  }

  snapshot(): DataPanelContent {
    if (this.content.type !== 'report') return this.content;
    const list = exclusionFileOf(this.editor, this.content.report);
    if (!fs.existsSync(list)) return this.content;
    return { ...this.content, exclusionList: list, canTakeBack: isAsWritten(list, this.content.report) };
  }

  show(content: DataPanelContent, saved: object): void {
    const moved = JSON.stringify(saved) !== JSON.stringify(this.saved);
    this.content = content;
    this.saved = saved;
    if (moved) this.host.load();
    else this.host.refresh();
  }

  async receive(message: DataMessage): Promise<void> {
    const dataset = datasetOf(this.content);
    switch (message.type) {
      case 'train':
        await this.editor.execute(
          'faceTrainer.trainModel',
          { scheme: 'file', fsPath: dataset },
          ...(message.learningRate === undefined ? [] : [{ learningRate: message.learningRate }]),
        );
        return;
      case 'align':
        await this.editor.execute('faceTrainer.alignFaces', { scheme: 'file', fsPath: dataset });
        return;
      case 'leaveOut':
      case 'takeBack':
        if (this.content.type !== 'report') return;
        requireTrust(this.editor);
        if (message.type === 'leaveOut') leaveOut(this.editor, this.content.report);
        else takeBack(this.editor, this.content.report);
        this.host.refresh();
        return;
      case 'openExclusions':
        if (this.content.type !== 'report') return;
        await this.editor.open(exclusionFileOf(this.editor, this.content.report));
        return;
      case 'open':
        await this.editor.open(namedFile(dataset, filesIn(this.content), message.file));
    }
  }
}

function datasetOf(content: DataPanelContent): string {
  switch (content.type) {
    case 'report':
      return content.report.dataset;
    case 'samples':
      return content.dataset;
    case 'rate':
      return content.search.dataset;
  }
}

/** Every file that the page was sent. */
function filesIn(content: DataPanelContent): string[] {
  if (content.type === 'rate') return [];
  const shown = content.type === 'samples' ? content.samples : content.report.findings.flatMap(({ files }) => files);
  return shown.map(({ file }) => file);
}

/** Next to the runs, where Train Model finds it. One that is there stays: somebody may have edited it. */
function leaveOut(editor: Editor, report: DatasetReport): void {
  const file = exclusionFileOf(editor, report);
  makePrivateFolder(path.dirname(file));
  if (!fs.existsSync(file)) writeExclusionList(file, report);
}

/** A list that somebody has changed since stays. */
function takeBack(editor: Editor, report: DatasetReport): void {
  const file = exclusionFileOf(editor, report);
  if (isAsWritten(file, report)) fs.rmSync(file);
}

function exclusionFileOf(editor: Editor, { dataset }: DatasetReport): string {
  return exclusionFile(runsFolderFor(editor, dataset), dataset);
}
