import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export { writeNoisePicture, writePeople } from './noisePictures.js';

/** A folder of its own for each test that asks for it, removed after the test. */
export function scratchFolder(): () => string {
  let folder: string | undefined;
  afterEach(() => {
    if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    folder = undefined;
  });
  return () => (folder ??= fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-')));
}

/** A file, with the folders that it lies in. @returns it */
export function put(file: string, text = 'x'): string {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}
