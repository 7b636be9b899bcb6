import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { summaryOf } from '../../../src/recognizers/recognizer.js';
import { readRecognizer, recognizerStamp, writeRecognizer } from '../../../src/recognizers/recognizerFolder.js';
import { recognizerOf } from '../../support/syntheticFaces.js';
import { mutateJson } from '../mutations.js';
import type { Attempt } from '../reader.js';
import { mutateSafetensors } from './checkpoints.js';
import { SampleFiles } from './sampleFiles.js';

const RECORD = 'recognizer.json';
interface Record {
  readonly gallery: { sha256: string };
}

export function recognizer(folder: string): Attempt {
  const place = path.join(folder, 'door');
  writeRecognizer(place, recognizerOf(['Anna', 'Bo']));
  const gallery = fs.readdirSync(place).find((name) => name.startsWith('gallery-'))!;
  const files = new SampleFiles(place, [RECORD, gallery]);
  return (random) => {
    files.restore();
    const record = files.original(RECORD).toString();
    if (random.integer(3) > 0) files.change(RECORD, mutateJson(record, random));
    else {
      const bytes = mutateSafetensors(files.original(gallery), random);
      files.change(gallery, bytes);
      const changed = JSON.parse(record) as Record;
      changed.gallery.sha256 = createHash('sha256').update(bytes).digest('hex');
      files.change(RECORD, JSON.stringify(changed));
    }
    recognizerStamp(place);
    summaryOf(readRecognizer(place), place);
  };
}
