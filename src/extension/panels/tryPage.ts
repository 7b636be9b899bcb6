import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ModelPanelContent, ModelPanelMessage, TriedPicture } from '../../protocol/modelPanel.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { Prediction } from '../../protocol/prediction.js';
import { CameraServer } from './cameraServer.js';
import { runQuietly } from '../job.js';

/** Endings that the dialog for pictures offers. */
const PICTURES = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'bmp', 'avif', 'pgm', 'ppm', 'pnm'];
/** Pictures that a panel keeps. */
const KEPT = 50;

/** What a panel of a network does with the wishes of its page; the rest is alike for all. */
export interface ModelPage {
  readonly content: () => ModelPanelContent;
  readonly on: (message: Exclude<ModelPanelMessage, { type: 'ready' | 'failed' }>) => void;
  readonly close: () => void;
}

/** Pictures from a disk, the clipboard or a camera, and who the network thinks is in them. */
export class TryPage implements ModelPage {
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-try-'));
  private pictures: TriedPicture[] = [];
  private waiting = 0;
  private facts = '';
  private failure: string | undefined;
  private next = 1;
  private camera: CameraServer | undefined;
  /** One after the other: each is a process of its own. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly title: string,
    private readonly model: string,
    private readonly entry: string,
    private readonly log: vscode.LogOutputChannel,
    private readonly post: () => void,
  ) {}

  readonly content = (): Extract<ModelPanelContent, { type: 'try' }> => {
    const { title, facts, waiting, failure, pictures } = this;
    return { type: 'try', title, facts, waiting, pictures, ...(failure === undefined ? {} : { failure }) };
  };

  readonly on: ModelPage['on'] = (message) => {
    if (message.type === 'chooseFiles') void this.chooseFiles();
    else if (message.type === 'openCamera') void this.openCamera();
    else if (message.type === 'picture') {
      const { name, file } = this.written(message.name, Buffer.from(message.data, 'base64'));
      void this.ask([{ name, file }]);
    }
  };

  readonly close = (): void => {
    this.camera?.close();
    void this.queue.finally(() => fs.rmSync(this.folder, { recursive: true, force: true }));
  };

  private async chooseFiles(): Promise<void> {
    const defaultUri = vscode.workspace.workspaceFolders?.[0]?.uri;
    const chosen = await vscode.window.showOpenDialog({
      title: 'Pictures to look at',
      openLabel: 'Try',
      canSelectMany: true,
      filters: { Pictures: PICTURES, 'All files': ['*'] },
      ...(defaultUri && { defaultUri }),
    });
    if (chosen) await this.ask(chosen.map(({ fsPath }) => ({ name: path.basename(fsPath), file: fsPath })));
  }

  /** The editor gives its panels no camera: a page of a browser has one, and sends its pictures here. */
  private async openCamera(): Promise<void> {
    this.camera ??= await CameraServer.start(async (jpeg) => {
      const { name, file } = this.written(`camera ${new Date().toLocaleTimeString()}.jpg`, jpeg);
      return (await this.ask([{ name, file }]))[0];
    });
    await vscode.env.openExternal(await vscode.env.asExternalUri(vscode.Uri.parse(this.camera.url)));
  }

  private written(name: string, bytes: Uint8Array): { name: string; file: string } {
    const file = path.join(this.folder, `${this.next}-${path.basename(name).replace(/[^\w. -]/g, '_')}`);
    this.next++;
    fs.writeFileSync(file, bytes);
    return { name, file };
  }

  private async ask(wished: readonly { name: string; file: string }[]): Promise<Prediction[]> {
    this.waiting += wished.length;
    this.post();
    const answered = this.queue.then(() => this.predict(wished));
    this.queue = answered.catch(() => undefined);
    return answered;
  }

  private async predict(wished: readonly { name: string; file: string }[]): Promise<Prediction[]> {
    const files = wished.map(({ file }) => file);
    const order = {
      type: 'predict',
      protocol: PROTOCOL_VERSION,
      model: this.model,
      files,
      faces: 'auto',
      seen: true,
    } as const;
    const end = await runQuietly(order, this.entry, this.log);
    this.waiting -= wished.length;
    this.failure = undefined;
    if (end.type === 'predicted') {
      this.facts = `${end.network}, computed by ${end.runtime}`;
      const tried = end.predictions.map((answer, i) => ({ id: this.next++, name: wished[i]!.name, answer }));
      this.pictures = [...tried.reverse(), ...this.pictures].slice(0, KEPT);
    } else if (end.type === 'failure') this.failure = `${end.message} ${end.advice}`;
    this.post();
    return end.type === 'predicted' ? end.predictions : [];
  }
}
