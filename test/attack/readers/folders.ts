import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Random } from '../../../src/core/random.js';
import { decodePicture } from '../../../src/dataset/decodePicture.js';
import { scanDataset } from '../../../src/dataset/scanDataset.js';
import { picturesAt } from '../../../src/platform/picturesAt.js';
import { thumbnailOf } from '../../../src/dataset/thumbnail.js';
import type { Attempt } from '../reader.js';

const NAMES = [
  ...['Anna', 'Bo', '__proto__', 'constructor', '<img src=x onerror=alert(1)>', '..hidden', '...', ' ', '=cmd|calc'],
  ...['CON', 'NUL', 'aux.jpg', 'a:b', 'trailing.', 'x'.repeat(250), '\u202egnp.exe', 'line\nend', '"quote\'s', '-rf'],
  ...['train', 'val', 'test', '.git', 'labels.csv', 'align.ndjson', '1.jpg', '2.png', '3.gif', '4.heic', '5.svg'],
];

/** Windows has no pipes in folders, and links only for some. */
const POSIX = process.platform !== 'win32';

export function dataset(folder: string): Attempt {
  const pipe = path.join(folder, 'pipe');
  if (POSIX) execFileSync('mkfifo', [pipe]);
  const outside = path.join(folder, 'outside');
  fs.mkdirSync(outside);
  fs.writeFileSync(path.join(outside, 'secret.jpg'), 'secret');
  const root = path.join(folder, 'pictures');
  return async (random) => {
    fs.rmSync(root, { recursive: true, force: true });
    fs.mkdirSync(root);
    grow(root, { root, pipe, outside }, random, 0);
    const { files } = scanDataset(root, 1);
    for (const file of files) {
      // Nothing but regular files inside may be opened.
      const real = fs.realpathSync(path.join(root, file));
      if (!real.startsWith(fs.realpathSync(root)) || !fs.statSync(real).isFile()) throw new Error(`took ${file}`);
      await decodePicture(path.join(root, file), 16);
    }
    for (const file of picturesAt(root)) {
      await decodePicture(file, 16);
      await thumbnailOf(file, 16, { quality: 80, enlarge: false });
    }
  };
}

interface Places {
  readonly root: string;
  readonly pipe: string;
  readonly outside: string;
}

/** Files, folders in folders, links to anywhere, pipes. */
function grow(folder: string, places: Places, random: Random, depth: number): void {
  const entries = 1 + random.integer(5);
  for (let i = 0; i < entries; i++) {
    const at = path.join(folder, random.pick(NAMES));
    if (fs.lstatSync(at, { throwIfNoEntry: false })) continue;
    try {
      put(at, places, random, depth);
    } catch {
      // This file system does not take such a name.
    }
  }
}

function put(at: string, places: Places, random: Random, depth: number): void {
  const kind = random.integer(9);
  if (kind < 3 && depth < 5) {
    fs.mkdirSync(at);
    grow(at, places, random, depth + 1);
  } else if (kind === 3 && POSIX) fs.linkSync(places.pipe, at);
  else if (kind === 4 || kind === 5) {
    const { root, outside, pipe } = places;
    fs.symlinkSync(
      random.pick(['.', '..', at, root, outside, path.join(outside, 'secret.jpg'), '/dev/zero', '/etc', pipe, 'no']),
      at,
    );
  } else fs.writeFileSync(at, random.pick(['', 'x', '\xff\xd8\xff', 'GIF89a', 'BM', 'P6 1000000 1000000 255 ']));
}
