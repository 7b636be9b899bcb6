import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openDataset, readBatch, type Dataset } from '../../src/dataset/dataset.js';
import { scanDataset } from '../../src/dataset/scanDataset.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { alignedDataset, type AlignedDataset, type FaceLook } from '../../src/training/alignedDataset.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { faceOf } from '../support/syntheticFaces.js';

const folder = scratchFolder();
const SIZE = 32;

/** A crop that says whose it is. */
const cropOf = (person: number, picture: number) =>
  new Uint8Array(SIZE * SIZE * 3).map((_, i) => (i % 2 === 0 ? person : picture));

/** The persons whose faces a picture shows, where that is not the one of its folder; in words: why it cannot be read. */
type Shown = Readonly<Record<string, readonly number[] | string>>;

interface Looked {
  readonly look: FaceLook;
  readonly asked: string[];
  closed: number;
}

function looking(shown: Shown): Looked {
  const asked: string[] = [];
  const self: Looked = {
    asked,
    closed: 0,
    look: {
      size: SIZE,
      faces: {
        of(file) {
          const name = path.relative(folder(), file).split(path.sep).join('/');
          asked.push(name);
          const own = Number(/person-(\d+)/.exec(name)![1]);
          const faces = shown[name] ?? [own];
          if (typeof faces === 'string') return Promise.resolve({ fault: faces });
          return Promise.resolve({ faces: faces.map((person) => ({ crop: cropOf(person, asked.length % 9) })) });
        },
        close: () => {
          self.closed++;
          return Promise.resolve();
        },
      },
      embed: (crops, count) => {
        const bytes = crops.length / count;
        return Promise.resolve(
          Array.from({ length: count }, (_, i) => faceOf(crops[i * bytes]!, crops[i * bytes + 1]!)),
        );
      },
    },
  };
  return self;
}

async function opened(people = 3, each = 5): Promise<Dataset> {
  await writePeople(folder(), people, each, SIZE);
  const options = trainingOptions.parse({ dataset: folder(), size: SIZE, split: 0.6 });
  const cache = { cacheFolder: path.join(folder(), '.cache'), cacheBytes: 1e6 };
  const dataset = await openDataset(
    scanDataset(folder()),
    { ...options, ...cache },
    () => undefined,
    () => false,
  );
  return dataset!;
}

async function aligned(dataset: Dataset, { look }: Looked): Promise<AlignedDataset> {
  return (await alignedDataset(
    dataset,
    look,
    () => undefined,
    () => false,
  ))!;
}

/** Whose face a picture is read as. */
async function ownerOf(dataset: Dataset, file: string): Promise<number> {
  const { pixels } = await readBatch(dataset, { pictures: [dataset.files.indexOf(file)] });
  return pixels[0]!;
}

describe('a dataset seen through its faces', () => {
  it('reads the crop of each picture’s face, distorted as a whole picture is', async () => {
    const dataset = await opened();
    const looked = looking({});
    const seen = await aligned(dataset, looked);
    assert.deepEqual([seen.people, seen.split, seen.usable], [dataset.people, dataset.split, 15]);
    assert.deepEqual([seen.withoutFace, seen.severalFaces], [[], []]);
    const pictures = [...seen.split.train];
    const { pixels, labels } = await readBatch(seen, { pictures });
    assert.equal(pixels.length, pictures.length * SIZE * SIZE * 3);
    labels.forEach((label, i) =>
      assert.equal(pixels[i * SIZE * SIZE * 3], label, 'people are numbered in their order'),
    );
    assert.equal(looked.asked.length, 15, 'each picture is looked at once');
    const { augmentation } = trainingOptions.parse({ dataset: '/', augmentation: { dark: 1 } });
    const dark = await readBatch(seen, { pictures, distortion: { augmentation, seed: 1, epoch: 1 } });
    assert.notDeepEqual(dark.pixels, pixels);
    await seen.source.close();
    assert.equal(looked.closed, 1);
  });

  it('takes of several faces the one that is most like the others of the folder, wherever it stands', async () => {
    const dataset = await opened();
    const looked = looking({
      'person-0/2.png': [7, 0, 1],
      'person-1/0.png': [0, 1],
      'person-1/4.png': [1, 8],
    });
    const seen = await aligned(dataset, looked);
    for (const [file, person] of [
      ['person-0/2.png', 0],
      ['person-0/1.png', 0],
      ['person-1/0.png', 1],
      ['person-1/4.png', 1],
    ] as const)
      assert.equal(await ownerOf(seen, file), person, file);
    assert.deepEqual(seen.severalFaces, [
      { file: 'person-0/2.png', faces: 3 },
      { file: 'person-1/0.png', faces: 2 },
      { file: 'person-1/4.png', faces: 2 },
    ]);
    await seen.source.close();
  });

  it('takes the largest where nothing else tells, which is the first', async () => {
    await writePeople(path.join(folder(), 'alone'), 10, 1, SIZE);
    fs.renameSync(path.join(folder(), 'alone', 'person-9'), path.join(folder(), 'person-9'));
    fs.rmSync(path.join(folder(), 'alone'), { recursive: true });
    const dataset = await opened();
    const seen = await aligned(dataset, looking({ 'person-9/0.png': [5, 6] }));
    assert.equal(await ownerOf(seen, 'person-9/0.png'), 5);
    await seen.source.close();
  });

  it('leaves pictures out that show none, and people without any, and says which and why', async () => {
    const dataset = await opened(4);
    const shown: Record<string, readonly number[] | string> = { 'person-2/3.png': 'is damaged' };
    for (let i = 0; i < 5; i++) shown[`person-1/${i}.png`] = [];
    const seen = await aligned(dataset, looking(shown));
    assert.deepEqual(seen.people, ['person-0', 'person-2', 'person-3']);
    assert.equal(seen.usable, 14);
    assert.equal(seen.withoutFace.length, 6);
    const reasons = new Map(seen.skipped.map(({ file, reason }) => [file, reason]));
    assert.equal(reasons.get('person-2/3.png'), 'is damaged');
    assert.equal(reasons.get('person-1/0.png'), 'shows no face that could be found');
    for (const picture of [...seen.split.train, ...seen.split.validation])
      assert.equal(seen.people[seen.labels[picture]!], seen.files[picture]!.split('/')[0]);
    await seen.source.close();
  });

  it('says what is wrong where too few are left', async () => {
    const dataset = await opened(2, 4);
    const shown = Object.fromEntries([0, 1, 2, 3].map((i) => [`person-1/${i}.png`, []]));
    await assert.rejects(aligned(dataset, looking(shown)), {
      code: 'dataset-nothing-usable',
      message: /^A face was found in \d pictures of 1 person in “.*”, which is too few/,
    });
    await dataset.source.close();
  });

  it('is none when cancelled', async () => {
    const dataset = await opened(2, 4);
    const { look, asked } = looking({});
    assert.equal(
      await alignedDataset(
        dataset,
        look,
        () => undefined,
        () => asked.length > 2,
      ),
      undefined,
    );
    await dataset.source.close();
  });
});
