import path from 'node:path';
import { Answerer } from '../client/answerer.js';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import type { RecognizerSummary } from '../protocol/recognition.js';
import type { Changed, RecognizerChange } from '../protocol/recognitionJobs.js';
import { editRecognizer } from '../recognizers/editRecognizer.js';
import type { Edit } from '../recognizers/edits.js';
import { summaryOf, type Recognizer } from '../recognizers/recognizer.js';
import { readRecognizer, recognizerStamp } from '../recognizers/recognizerFolder.js';
import { recognizerName, recognizersFolder, recognizersIn } from '../recognizers/recognizersFolder.js';
import type { Editor } from './editor.js';
import { faceWeightsSetting } from './faceWeightsSetting.js';
import { inBackground } from './failures.js';
import { askWhether } from './job.js';
import { requireTrust } from './trust.js';

type Read = Recognizer['record'];
/** @param done pictures that were looked at, of `total` */
type Preparing = (place: string, done: number, total: number) => void;

/** The recognizers of the open folders: where they are, what they hold, their changes, and the processes that answer for them. */
export class Recognizers {
  private readonly listeners = new Set<(folder: string) => void>();
  private readonly preparations = new Set<Preparing>();
  private readonly answerers = new Map<string, Answerer>();
  /** Read once for each state of the file. */
  private readonly records = new Map<string, { readonly stamp: string; readonly record: Read | undefined }>();

  constructor(
    private readonly editor: Editor,
    /** The bundled trainer. */
    private readonly entry: string,
  ) {}

  /** @returns what ends it */
  onChanged(listener: (folder: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** One has come, changed or gone, here or in another program. */
  changed(folder: string): void {
    for (const listener of this.listeners) listener(folder);
  }

  /** Folders that hold recognizers, of the open workspace folders. */
  get bases(): string[] {
    return [...new Set(this.editor.workspaceFolders)].map(recognizersFolder);
  }

  all(): string[] {
    return [...new Set(this.editor.workspaceFolders.flatMap(recognizersIn))];
  }

  /** Where the recognizer of a folder of people lies, or would. */
  folderFor(dataset: string): string {
    const around = this.editor.workspaceFolderOf(dataset) ?? path.dirname(dataset);
    return path.join(recognizersFolder(around), recognizerName(dataset));
  }

  /** @returns undefined where there is none, or one that is damaged, which the log then says */
  record(folder: string): Read | undefined {
    const stamp = recognizerStamp(folder);
    if (stamp === undefined) return undefined;
    const known = this.records.get(folder);
    if (known?.stamp === stamp) return known.record;
    let record: Read | undefined;
    try {
      ({ record } = readRecognizer(folder));
    } catch (error) {
      this.editor.log.warn(String(error));
    }
    this.records.set(folder, { stamp, record });
    return record;
  }

  summary(folder: string): RecognizerSummary | undefined {
    const record = this.record(folder);
    return record && summaryOf({ record, embeddings: new Float32Array() }, folder);
  }

  people(folder: string): string[] {
    return this.record(folder)?.people.map(({ name }) => name) ?? [];
  }

  /** Changes that need no network. @throws UserError `restricted`; what the edit refuses, or the disk */
  async edit(folder: string, edit: Edit): Promise<void> {
    requireTrust(this.editor);
    await editRecognizer(folder, edit);
    this.changed(folder);
  }

  /**
   * Changes for which pictures are looked at.
   *
   * @param place what answers: a recognizer, or a checkpoint
   * @param folder of the recognizer
   * @throws Error what the change is refused for, and what to do
   */
  async change(place: string, change: RecognizerChange, folder = place): Promise<Changed> {
    const result = await this.answerer(place).ask(change);
    if (result.kind === 'changed') {
      this.changed(folder);
      return result.changed;
    }
    throw new Error(
      result.kind === 'refused' ? `${result.message} ${result.advice}` : 'a change was answered by something else',
    );
  }

  /** While the people of a checkpoint are enrolled. @returns what ends it */
  onPreparing(listener: Preparing): () => void {
    this.preparations.add(listener);
    return () => void this.preparations.delete(listener);
  }

  /**
   * Answers at once while its process is warm, which it stays for a minute.
   *
   * @param place a recognizer, or a checkpoint, whose people are enrolled with the first question
   * @throws UserError `restricted`
   */
  answerer(place: string): Answerer {
    requireTrust(this.editor);
    const present = this.answerers.get(place);
    if (present) return present;
    const made = new Answerer(
      {
        entry: this.entry,
        order: {
          type: 'answer',
          protocol: PROTOCOL_VERSION,
          recognizer: place,
          faces: 'on',
          idleSeconds: 60,
          ...faceWeightsSetting(this.editor),
        },
      },
      {
        onOutput: (line) => this.editor.log.info(line),
        onSilent: (sentence, end) => inBackground(this.editor, askWhether(this.editor, sentence, end)),
        onMessage: (message) => {
          if (message.type === 'preparing' && message.total > 0) this.preparing(place, message.done, message.total);
        },
      },
    );
    this.answerers.set(place, made);
    return made;
  }

  protected preparing(place: string, done: number, total: number): void {
    for (const listener of this.preparations) listener(place, done, total);
  }

  dispose(): void {
    for (const answerer of this.answerers.values()) void answerer.close();
  }
}
