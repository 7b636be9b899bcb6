import fs from 'node:fs';
import path from 'node:path';
import { PRIVATE_FILE } from '../../platform/rights.js';
import { temporaryFolder } from '../../platform/temporaryFolder.js';
import type { ModelPanelMessage } from '../../protocol/modelPanel.js';
import type { Editor } from '../editor.js';
import type { CameraAnswer, CameraCorrection } from './cameraAnswer.js';
import type { CameraListener, CameraServer } from './cameraServer.js';

/** Endings that dialogs for pictures offer. */
export const PICTURES = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'bmp', 'avif', 'pgm', 'ppm', 'pnm'];

export interface Wished {
  /** For people. */
  readonly name: string;
  readonly file: string;
}

/** How pictures come to a page: from a disk, the clipboard or a camera. */
export class PictureIntake {
  /** For pictures that are no files yet; goes with the page. */
  readonly folder = temporaryFolder('try');
  private camera: Promise<CameraServer> | undefined;
  private next = 1;

  constructor(
    private readonly editor: Editor,
    /** @returns what is in each, in words */
    private readonly ask: (wished: readonly Wished[]) => Promise<readonly CameraAnswer[]>,
    /** What is said of an answer at the camera. @returns the answer from then on; absent where nothing learns */
    private readonly correct?: (correction: CameraCorrection) => Promise<CameraAnswer | undefined>,
  ) {}

  /** @returns whether the message was about where pictures come from */
  async receive(message: ModelPanelMessage): Promise<boolean> {
    if (message.type === 'chooseFiles') await this.chooseFiles();
    else if (message.type === 'openCamera') await this.openCamera();
    else if (message.type === 'picture')
      await this.ask([this.written(message.name, Buffer.from(message.data, 'base64'))]);
    else return false;
    return true;
  }

  /** @param idle settles when nobody reads the pictures any more */
  async close(idle: Promise<unknown>): Promise<void> {
    await this.camera?.then(
      (camera) => camera.close(),
      () => undefined, // it never opened, and that was told
    );
    await idle;
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
    this.camera ??= startCamera({
      onPicture: async (jpeg) => {
        const [answer] = await this.ask([this.written(`camera ${new Date().toLocaleTimeString()}.jpg`, jpeg)]);
        return answer;
      },
      onCorrection: this.correct,
    });
    this.camera.catch(() => (this.camera = undefined)); // the next click tries again
    const camera = await this.camera;
    const address = await this.editor.addressOf(camera.url);
    camera.expect(address);
    await this.editor.browse(address);
  }

  private written(name: string, bytes: Uint8Array): Wished {
    const file = path.join(this.folder, `${this.next}-${path.basename(name).replace(/[^\w. -]/g, '_')}`);
    this.next++;
    fs.writeFileSync(file, bytes, { mode: PRIVATE_FILE });
    return { name, file };
  }
}

/** Few have one opened: what it needs is read then. */
async function startCamera(listener: CameraListener): Promise<CameraServer> {
  const { CameraServer } = await import('./cameraServer.js');
  return CameraServer.start(listener);
}
