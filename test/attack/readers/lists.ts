import fs from 'node:fs';
import path from 'node:path';
import { requireExclusionList } from '../../../src/client/exclusionList.js';
import { withoutExcluded } from '../../../src/dataset/checkDataset.js';
import { LABELS_FILE } from '../../../src/dataset/labelsFile.js';
import { scanDataset } from '../../../src/dataset/scanDataset.js';
import { JOURNAL, readJournal, type AlignEntry } from '../../../src/faces/alignJournal.js';
import { pairsFolder } from '../../../src/recognition/pairsOf.js';
import { mutateJson, mutateLines, mutateWords } from '../mutations.js';
import type { Attempt } from '../reader.js';

const PEOPLE = ['Anna', 'Bo', 'Cy'];

/** Names are all that these readers look at. */
function putPictures(folder: string, nameOf: (person: string, number: number) => string): string[] {
  const files = PEOPLE.flatMap((person) => [1, 2, 3].map((number) => nameOf(person, number)));
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), '');
  }
  return files;
}

export function labels(folder: string): Attempt {
  const files = putPictures(folder, (person, number) => `${person}/${number}.jpg`);
  const lines = files.map((file, i) => `${file},${path.dirname(file)},${i % 3 === 0 ? 'test' : 'train'}`);
  const text = `path,person,split\n${lines.join('\n')}\n"quoted, name.jpg","An ""A"" na",train\n`;
  return (random) => {
    fs.writeFileSync(path.join(folder, LABELS_FILE), mutateLines(text, random, mutateWords));
    scanDataset(folder);
  };
}

export function pairs(folder: string): Attempt {
  putPictures(folder, (person, number) => `${person}/${person}_000${number}.jpg`);
  const same = ['Anna\t1\t2', 'Bo\t1\t3', 'Cy\t2\t3'];
  const different = ['Anna\t1\tBo\t2', 'Bo\t1\tCy\t1', 'Anna\t3\tCy\t2'];
  const text = `1\t3\n${[...same, ...different].join('\n')}\n`;
  return (random) => {
    fs.writeFileSync(path.join(folder, 'pairs.txt'), mutateLines(text, random, mutateWords));
    pairsFolder(folder);
  };
}

export function journal(folder: string): Attempt {
  const entry = (file: string): AlignEntry => ({
    ...{ file, bytes: 1000, modifiedMs: 1.5e12, size: 224, crop: file, outcome: 'aligned', reasons: ['is dark'] },
    ...{ score: 0.9, points: [1, 2, 3, 4, 5].map((n): [number, number] => [n, n / 2]) },
  });
  const text = PEOPLE.map((person) => `${JSON.stringify(entry(`${person}/1.jpg`))}\n`).join('');
  return (random) => {
    fs.writeFileSync(path.join(folder, JOURNAL), mutateLines(text, random, mutateJson));
    readJournal(path.join(folder, JOURNAL));
  };
}

export function exclusions(folder: string): Attempt {
  const dataset = path.join(folder, 'pictures');
  const files = putPictures(dataset, (person, number) => `${person}/${number}.jpg`);
  const list = path.join(folder, 'exclude.txt');
  const text = `# Pictures of ${dataset} to leave out\n${files.slice(0, 4).join('\n')}\n`;
  const scanned = scanDataset(dataset);
  return (random) => {
    fs.writeFileSync(list, mutateLines(text, random, mutateWords));
    withoutExcluded(scanned, list);
    requireExclusionList(list);
  };
}
