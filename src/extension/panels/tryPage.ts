import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { modelPanelMessage, type ModelPanelContent, type TriedPicture } from '../../protocol/modelPanel.js';
import type { Prediction } from '../../protocol/prediction.js';
import type { Editor, Panel } from '../editor.js';
import { inBackground } from '../failures.js';
import type { Jobs, RunningJob } from '../job.js';
import { CameraServer } from './cameraServer.js';
import type { ModelMessage } from './comparisonPage.js';
import { PageHost, type Page } from './pageHost.js';

/** Endings that the dialog for pictures offers. */
const PICTURES = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'bmp', 'avif', 'pgm', 'ppm', 'pnm'];
/** Pictures that a page keeps, with what the network saw of each: about 20 kB. */
const KEPT = 50;

interface Wished {
  /** For people. */
  readonly name: string;
  readonly file: string;
}

/** Pictures from a disk, the clipboard or a camera, and who the network thinks is in them. */
export class TryPage implements Page<ModelMessage, ModelPanelContent> {
  readonly script = 'model.js';
  readonly messages = modelPanelMessage;
  private readonly host: PageHost<ModelMessage, ModelPanelContent>;
  /** For pictures that are no files yet; goes with the page. */
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-try-'));
  private pictures: TriedPicture[] = [];
  private waiting = 0;
  private facts = '';
  private failure: string | undefined;
  private next = 1;
  private camera: Promise<CameraServer> | undefined;
  private running: RunningJob | undefined;
  private isClosed = false;
  /**
   * One after the other: each is a process of its own, which loads the network and the face detector anew (0.6 s, and every
   * core while it does).
   */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly editor: Editor,
    readonly panel: Panel,
    private readonly title: string,
    private readonly model: string,
    private readonly jobs: Pick<Jobs, 'start'>,
  ) {
    this.host = new PageHost<ModelMessage, ModelPanelContent>(editor, panel, this);
  }

  get saved(): { kind: 'try'; model: string } {
    return { kind: 'try', model: this.model };
  }

  snapshot(): ModelPanelContent {
    const { title, facts, waiting, failure, pictures } = this;
    return { type: 'try', title, facts, waiting, pictures, ...(failure === undefined ? {} : { failure }) };
  }

  async receive(message: ModelMessage): Promise<void> {
    if (message.type === 'chooseFiles') await this.chooseFiles();
    else if (message.type === 'openCamera') await this.openCamera();
    else if (message.type === 'picture')
      await this.ask([this.written(message.name, Buffer.from(message.data, 'base64'))]);
  }

  closed(): void {
    this.isClosed = true;
    this.running?.stop();
    inBackground(this.editor, this.clear());
  }

  private async clear(): Promise<void> {
    await this.camera?.then(
      (camera) => camera.close(),
      () => undefined, // it never opened, and that was told
    );
    await this.queue;
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async chooseFiles(): Promise<void> {
    const chosen = await this.editor.chooseFiles({
      title: 'Pictures to try',
      openLabel: 'Try',
      what: 'files',
      filters: { Pictures: PICTURES, 'All files': ['*'] },
    });
    if (chosen.length > 0) await this.ask(chosen.map(({ fsPath }) => ({ name: path.basename(fsPath), file: fsPath })));
  }

  /** The editor gives its panels no camera: a page of a browser has one, and sends its pictures here. */
  private async openCamera(): Promise<void> {
    // Kept as a promise, so that two quick clicks do not open two.
    this.camera ??= CameraServer.start(async (jpeg) => {
      const [answer] = await this.ask([this.written(`camera ${new Date().toLocaleTimeString()}.jpg`, jpeg)]);
      return answer;
    });
    this.camera.catch(() => (this.camera = undefined)); // the next click tries again
    await this.editor.browse((await this.camera).url);
  }

  private written(name: string, bytes: Uint8Array): Wished {
    const file = path.join(this.folder, `${this.next}-${path.basename(name).replace(/[^\w. -]/g, '_')}`);
    this.next++;
    fs.writeFileSync(file, bytes);
    return { name, file };
  }

  private async ask(wished: readonly Wished[]): Promise<Prediction[]> {
    this.waiting += wished.length;
    this.host.refresh();
    const answered = this.queue.then(() => this.predict(wished));
    this.queue = answered.catch(() => undefined);
    return answered;
  }

  private async predict(wished: readonly Wished[]): Promise<Prediction[]> {
    if (this.isClosed) return [];
    this.running = this.jobs.start({
      type: 'predict',
      protocol: PROTOCOL_VERSION,
      model: this.model,
      files: wished.map(({ file }) => file),
      faces: 'auto',
      seen: true,
    });
    const end = await this.running.ended;
    this.running = undefined;
    this.waiting -= wished.length;
    this.failure = undefined;
    if (end.type === 'predicted') {
      this.facts = `${end.network}, computed by ${end.runtime}`;
      const tried = end.predictions.map((answer, i) => ({ id: this.next++, name: wished[i]!.name, answer }));
      this.pictures = [...tried.reverse(), ...this.pictures].slice(0, KEPT);
    } else if (end.type === 'failure') this.failure = `${end.message} ${end.advice}`;
    this.host.refresh();
    return end.type === 'predicted' ? end.predictions : [];
  }
}
