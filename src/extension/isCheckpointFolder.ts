import fs from 'node:fs';
import path from 'node:path';

export function isCheckpointFolder(folder: string): boolean {
  return fs.existsSync(path.join(folder, 'manifest.json'));
}
