import path from 'node:path';
import { claimAt } from '../../evaluation/sentence.js';
import type { Evaluation } from '../../protocol/evaluation.js';
import {
  evaluationPanelMessage,
  type EvaluationPanelContent,
  type EvaluationPanelMessage,
} from '../../protocol/evaluationPanel.js';
import type { Threshold } from '../../protocol/recognition.js';
import { movePictures, removePictures, setThreshold, undo, type Edit } from '../../recognizers/edits.js';
import { isRecognizer } from '../../recognizers/recognizerFolder.js';
import { askForPerson } from '../commands/askForPerson.js';
import type { Editor, Panel } from '../editor.js';
import { inBackground } from '../failures.js';
import type { RunningJob } from '../job.js';
import type { Recognizers } from '../recognizers.js';
import { picturesOf, type EvaluationFiles } from './evaluationFiles.js';
import { OwnChanges } from './ownChanges.js';
import { PageHost, type CommonMessage, type Page } from './pageHost.js';
import type { Evaluated, EvaluationResult, NotEvaluated, RunningEvaluation } from './startEvaluation.js';

type Message = Exclude<EvaluationPanelMessage, CommonMessage>;

/** Where an evaluation comes from and where it is kept. */
export interface EvaluationPorts {
  readonly recognizers: Recognizers;
  readonly start: (what: Evaluated, onProgress: (done: number, total: number) => void) => RunningEvaluation;
  readonly saved: (what: Evaluated) => EvaluationResult | undefined;
  readonly save: (what: Evaluated, result: EvaluationResult) => void;
  readonly files: EvaluationFiles;
}

type State =
  | { readonly type: 'evaluating'; readonly done: number; readonly total: number }
  | ({ readonly type: 'notEvaluated' } & NotEvaluated)
  | ({ readonly type: 'evaluation' } & EvaluationResult);

/** What a network or a recognizer gets wrong, and how sure that is. */
export class EvaluationPage implements Page<Message, EvaluationPanelContent> {
  readonly script = 'evaluate.js';
  readonly messages = evaluationPanelMessage;
  private readonly host: PageHost<Message, EvaluationPanelContent>;
  private state: State = { type: 'evaluating', done: 0, total: 0 };
  private running: RunningJob | undefined;
  private readonly changes: OwnChanges;
  /** Files that the evaluation names: the page may ask for no others. */
  private named = new Set<string>();
  private readonly unheard: () => void;

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly title: string,
    private what: Evaluated,
    private readonly ports: EvaluationPorts,
  ) {
    this.changes = new OwnChanges(ports.recognizers, what.target);
    this.host = new PageHost<Message, EvaluationPanelContent>(editor, panel, this);
    this.unheard = ports.recognizers.onChanged((folder) => {
      if (folder === what.target) this.tellChange();
    });
    const saved = ports.saved(what);
    if (saved) this.show(saved);
    else this.evaluate();
  }

  get saved(): { kind: 'evaluation' } & Evaluated {
    return { kind: 'evaluation', ...this.what };
  }

  snapshot(): EvaluationPanelContent {
    const { title, state } = this;
    if (state.type !== 'evaluation') return { ...state, title };
    return { ...state, title, corrects: isRecognizer(this.what.target), ...this.changed };
  }

  async receive(message: Message): Promise<void> {
    switch (message.type) {
      case 'pictures':
        await this.sendPictures(message.files);
        return;
      case 'open':
        await this.editor.open(this.fileOf(message.file));
        return;
      case 'notThisPerson':
        await this.correct(message.file, 'notThisPerson', message.person);
        return;
      case 'thisIs': {
        const { recognizers } = this.ports;
        const person = message.person ?? (await askForPerson(this.editor, recognizers.people(this.what.target)));
        if (person !== undefined) await this.correct(message.file, 'add', person);
        return;
      }
      case 'undo':
        if (this.changes.last.lastChange !== undefined) await this.edit(undo);
        return;
      case 'moveTo': {
        const { file, from, person } = message;
        await this.edit(movePictures(from, person, [this.fileOf(file)]), file, `Now a picture of ${person}.`);
        return;
      }
      case 'takeOut': {
        const { file, person } = message;
        await this.edit(removePictures(person, [this.fileOf(file)]), file, `No picture of ${person} any more.`);
        return;
      }
      case 'useThreshold':
        await this.useThreshold(message.threshold);
        return;
      case 'evaluateAgain':
        this.evaluate();
        return;
      case 'chooseStrangers':
        await this.chooseStrangers();
        return;
      case 'stop':
        this.running?.stop();
        return;
    }
  }

  closed(): void {
    this.unheard();
    this.running?.stop();
  }

  /** What has become of the recognizer since. */
  private get changed(): Omit<Extract<EvaluationPanelContent, { type: 'changed' }>, 'type'> {
    const value = this.ports.recognizers.summary(this.what.target)?.threshold.value;
    const corrections = [...this.changes.words].map(([picture, words]) => ({ picture, words }));
    return { corrections, ...this.changes.last, ...(value === undefined ? {} : { inForce: value }) };
  }

  private show(result: EvaluationResult): void {
    this.state = { type: 'evaluation', ...result };
    this.named = new Set(picturesOf(result.evaluation));
    this.changes.forget();
    this.host.refresh();
  }

  private evaluate(): void {
    if (this.running) return;
    this.state = { type: 'evaluating', done: 0, total: 0 };
    const { what } = this;
    const job = this.ports.start(what, (done, total) => {
      this.state = { type: 'evaluating', done, total };
      this.host.refresh();
    });
    this.running = job;
    this.host.refresh();
    inBackground(
      this.editor,
      job.result.then((result) => {
        this.running = undefined;
        if ('evaluation' in result) {
          this.ports.save(what, result);
          this.show(result);
        } else {
          this.state = { type: 'notEvaluated', ...result };
          this.host.refresh();
        }
      }),
    );
  }

  private async chooseStrangers(): Promise<void> {
    const [chosen] = await this.editor.chooseFiles({
      title: 'Folder with pictures of people who are not enrolled, one sub-folder for each',
      openLabel: 'Try These Strangers',
      what: 'folder',
    });
    if (!chosen) return;
    this.running?.stop();
    await this.running?.ended;
    this.running = undefined;
    this.what = { ...this.what, strangers: chosen.fsPath };
    // What brings the page back is now another.
    this.host.load();
    this.evaluate();
  }

  private async correct(picture: string, kind: 'add' | 'notThisPerson', person: string): Promise<void> {
    await this.ports.recognizers.change(this.what.target, { kind, person, files: [this.fileOf(picture)] });
    const words = kind === 'add' ? `Now a picture of ${person}.` : `Faces like it are not named ${person} any more.`;
    this.changes.remember(picture, words);
    this.tellChange();
  }

  /** What needs no network. @param words what became of the picture, where it is about one */
  private async edit(edit: Edit, picture = '', words?: string): Promise<void> {
    await this.ports.recognizers.edit(this.what.target, edit);
    if (words !== undefined) this.changes.remember(picture, words);
    this.tellChange();
  }

  private async useThreshold(value: number): Promise<void> {
    const { state } = this;
    if (state.type === 'evaluation')
      await this.edit(setThreshold(thresholdOf(state.evaluation, value)), '', 'Set the threshold.');
  }

  private tellChange(): void {
    if (this.state.type === 'evaluation') this.host.post({ type: 'changed', ...this.changed });
  }

  private async sendPictures(files: readonly string[]): Promise<void> {
    const known = files.filter((file) => this.named.has(file));
    const pictures = await this.ports.files.small(
      this.what.target,
      known.map((file) => this.fileOf(file)),
    );
    this.host.post({
      type: 'pictures',
      pictures: known.map((file, i) => ({ file, ...(pictures[i] === undefined ? {} : { data: pictures[i] }) })),
    });
  }

  private fileOf(file: string): string {
    if (!this.named.has(file)) throw new Error(`“${file}” is not in this evaluation.`);
    return path.isAbsolute(file) ? file : path.resolve(this.what.target, file);
  }
}

/**
 * A threshold with what is known of it. The suggested one was fixed before anybody looked, so that its bound holds; one that was
 * dragged until it pleased has none.
 */
function thresholdOf({ suggestion, evidence, openSet }: Evaluation, value: number): Threshold {
  const { strangersPer1000 } = evidence.wanted;
  const suggested = suggestion?.carried === true && Math.abs(suggestion.threshold - value) < 5e-4;
  if (!suggested || !openSet) return { value, strangersPer1000, evidence: { kind: 'hand', people: evidence.enrolled } };
  const claim = claimAt(evidence, suggestion.threshold);
  return {
    value: suggestion.threshold,
    strangersPer1000,
    evidence: {
      ...{ kind: 'strangers', people: evidence.enrolled, strangers: claim.tried, named: claim.named },
      ...{ bound: claim.strangersPer1000 / 1000, from: openSet.strangersFrom },
    },
  };
}
