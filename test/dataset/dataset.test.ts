import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { checkDataset } from '../../src/dataset/checkDataset.js';
import { openDataset, readBatch, type Dataset, type DatasetOptions } from '../../src/dataset/dataset.js';
import { scanDataset } from '../../src/dataset/scanDataset.js';
import { datasetReport, type DatasetReport } from '../../src/protocol/check.js';
import { augmentation } from '../../src/protocol/options.js';
import { scratchFolder, writeNoisePicture, writePeople } from '../support/scratch.js';

const folder = scratchFolder();
const data = () => path.join(folder(), 'data');
const caches = () => path.join(folder(), 'caches');
let opened: Dataset[] = [];

const OPTIONS: Omit<DatasetOptions, 'cacheFolder'> = {
  size: 32,
  split: 0.75,
  splitBy: 'picture',
  seed: 1,
  augmentation: augmentation.parse({}),
  cacheBytes: 1e9,
};

async function open(options: Partial<DatasetOptions> = {}): Promise<Dataset> {
  const dataset = await openDataset(
    scanDataset(data()),
    { ...OPTIONS, cacheFolder: caches(), ...options },
    () => undefined,
    () => false,
  );
  assert.ok(dataset);
  opened.push(dataset);
  return dataset;
}

async function check(): Promise<DatasetReport> {
  const options = { size: 128, stored: 144, cacheFolder: caches(), cacheBytes: 1e9 };
  const report = await checkDataset(
    scanDataset(data()),
    options,
    () => undefined,
    () => false,
  );
  return datasetReport.parse(report);
}

const closeOpened = () =>
  afterEach(async () => {
    for (const { source } of opened) await source.close();
    opened = [];
  });

describe('openDataset', () => {
  closeOpened();

  it('skips broken pictures, numbers only people who train, and warns', async () => {
    await writePeople(data(), 3, 8);
    fs.writeFileSync(path.join(data(), 'person-1', '0.png'), 'x');
    fs.mkdirSync(path.join(data(), 'a-broken-person'));
    fs.writeFileSync(path.join(data(), 'a-broken-person', '0.png'), 'x');
    await writeNoisePicture(path.join(data(), 'single', '0.png'), 9);
    const dataset = await open();
    assert.deepEqual(dataset.people, ['person-0', 'person-1', 'person-2', 'single']);
    assert.equal(dataset.usable, 24);
    assert.equal(dataset.split.train.length + dataset.split.validation.length, 24);
    assert.deepEqual(
      new Set(dataset.skipped.map(({ file }) => file)),
      new Set(['person-1/0.png', 'a-broken-person/0.png']),
    );
    assert.deepEqual(
      dataset.warnings.map(({ code }) => code),
      ['unreadable', 'people-left-out', 'single-picture'],
    );
    assert.match(dataset.warnings[2]!.message, /1 person with only one picture: single/);
  });

  it('gives the same pixels from the files, from the disk and without any cache', async () => {
    await writePeople(data(), 2, 4);
    const pictures = [5, 0, 3, 3];
    const fresh = await readBatch(await open(), { pictures });
    assert.equal(fresh.pixels.length, 4 * 32 * 32 * 3);
    for (const dataset of opened) await dataset.source.close();
    const cached = await readBatch(await open(), { pictures });
    const decoded = await readBatch(await open({ cacheBytes: 0 }), { pictures });
    fs.writeFileSync(path.join(folder(), 'a-file'), '');
    const nowhere = await open({ cacheFolder: path.join(folder(), 'a-file', 'caches') });
    assert.equal(nowhere.warnings[0]!.code, 'cache-unavailable');
    for (const other of [cached, decoded, await readBatch(nowhere, { pictures })]) assert.deepEqual(other, fresh);
  });

  it('keeps a picture that found no room before, once there is some', async () => {
    await writePeople(data(), 2, 4);
    await (await open({ cacheBytes: 3 * 3072 * 1.4 })).source.close();
    const pixels = () => fs.statSync(path.join(caches(), fs.readdirSync(caches())[0]!, 'pixels')).size;
    assert.ok(pixels() < 8 * 3072, String(pixels()));
    await (await open()).source.close();
    assert.equal(pixels(), 8 * 3072);
  });

  it('reads a picture again that has changed, and one whose cached pixels were damaged', async () => {
    await writePeople(data(), 2, 4);
    const before = await readBatch(await open(), { pictures: [0, 1] });
    await opened[0]!.source.close();
    const file = path.join(data(), 'person-0', '0.png');
    await writeNoisePicture(file, 77);
    fs.utimesSync(file, 5, 5);
    const cache = path.join(caches(), fs.readdirSync(caches())[0]!, 'pixels');
    fs.writeFileSync(
      cache,
      fs.readFileSync(cache).map((v) => v ^ 1),
    );
    const after = await readBatch(await open(), { pictures: [0, 1] });
    assert.notDeepEqual(after.pixels.subarray(0, 3072), before.pixels.subarray(0, 3072));
    assert.deepEqual(after.pixels.subarray(3072), before.pixels.subarray(3072));
  });

  it('distorts the same way whatever the order of batches', async () => {
    await writePeople(data(), 2, 4);
    const dataset = await open({
      augmentation: augmentation.parse({ flip: true, shift: true, rotation: 20, erasing: 0.5 }),
    });
    const distortion = {
      augmentation: augmentation.parse({ flip: true, shift: true, rotation: 20 }),
      seed: 3,
      epoch: 2,
    };
    const one = await readBatch(dataset, { pictures: [1, 2, 3], distortion });
    const two = await readBatch(dataset, { pictures: [3, 1], distortion });
    assert.deepEqual(two.pixels.subarray(0, 3072), one.pixels.subarray(2 * 3072));
    assert.deepEqual(two.pixels.subarray(3072), one.pixels.subarray(0, 3072));
    const next = await readBatch(dataset, { pictures: [1, 2, 3], distortion: { ...distortion, epoch: 3 } });
    assert.notDeepEqual(next.pixels, one.pixels);
  });

  it('keeps copies on one side of the split', async () => {
    await writePeople(data(), 4, 12);
    for (let p = 0; p < 4; p++)
      for (let i = 0; i < 6; i++) {
        const file = path.join(data(), `person-${p}`, `${i}.png`);
        await sharp(file)
          .jpeg({ quality: 80 })
          .toFile(path.join(data(), `person-${p}`, `copy-of-${i}.jpg`));
      }
    for (let seed = 0; seed < 10; seed++) {
      const { split, files } = await open({ seed, split: 0.6 });
      const validation = new Set(split.validation.map((p) => files[p]!));
      assert.ok(Math.abs(validation.size - 0.4 * files.length) <= 2, `${validation.size} of ${files.length}`);
      for (const file of files)
        if (file.includes('copy-of-'))
          assert.equal(
            validation.has(file),
            validation.has(file.replace('copy-of-', '').replace('.jpg', '.png')),
            file,
          );
    }
  });

  it('takes a split that the folder has itself, and numbers those who train', async () => {
    await writePeople(path.join(data(), 'train'), 3, 4);
    for (const [side, person] of [
      ['val', 'person-0'],
      ['val', 'stranger'],
      ['test', 'person-1'],
    ] as const)
      await writeNoisePicture(path.join(data(), side, person, 'v.png'), side.length * 50 + person.length);
    const { people, split, files, labels } = await open();
    assert.deepEqual(people, ['person-0', 'person-1', 'person-2']);
    assert.equal(split.train.length, 12);
    assert.deepEqual(
      split.validation.map((p) => files[p]),
      ['val/person-0/v.png'],
    );
    assert.equal(labels[files.indexOf('val/stranger/v.png')], -1);
  });

  it('validates with strangers when split by identity', async () => {
    await writePeople(data(), 8, 5);
    const { people, split, owners, openSet, labels } = await open({ splitBy: 'identity' });
    assert.ok(openSet);
    const sides = [split.train, split.validation].map((side) => new Set(side.map((p) => owners[p]!)));
    assert.deepEqual([sides[0]!.size, sides[1]!.size], [6, 2]);
    assert.ok([...sides[1]!].every((person) => !sides[0]!.has(person)));
    assert.equal(people.length, 6);
    assert.ok(split.validation.every((p) => labels[p] === -1));
  });

  it('fails when nothing usable is left, or nothing to validate with', async () => {
    for (const person of ['a', 'b']) {
      fs.mkdirSync(path.join(data(), person), { recursive: true });
      fs.writeFileSync(path.join(data(), person, '0.jpg'), 'x');
    }
    await assert.rejects(open(), { code: 'dataset-nothing-usable' });
    await writeNoisePicture(path.join(data(), 'a', '1.png'), 1);
    await assert.rejects(open(), { code: 'dataset-one-person', message: /, a, has a picture that can be read/ });
    await writeNoisePicture(path.join(data(), 'b', '1.png'), 2);
    await assert.rejects(open(), { code: 'dataset-nothing-to-validate' });
  });
});

describe('checkDataset', () => {
  closeOpened();

  it('ends in spite of a pipe among the pictures, and shows nothing of what the scan refused', async () => {
    await writePeople(data(), 2, 3);
    await writeNoisePicture(path.join(folder(), 'elsewhere.png'), 7);
    fs.symlinkSync('../../elsewhere.png', path.join(data(), 'person-0', 'out.png'));
    execFileSync('mkfifo', [path.join(data(), 'person-0', 'pipe.png')]);
    await writeNoisePicture(path.join(data(), 'person-1', 'small.png'), 8, 20);
    const { findings } = await check();
    const skipped = findings.find(({ code }) => code === 'skipped')!;
    assert.deepEqual(skipped.files, [
      { file: 'person-0/out.png', detail: 'is a link that leads out of the folder' },
      { file: 'person-0/pipe.png', detail: 'is neither a file nor a folder' },
    ]);
    const small = findings.find(({ code }) => code === 'too-small')!;
    assert.ok(small.files.some(({ thumbnail }) => thumbnail !== undefined));
  });

  const codes = (report: DatasetReport) => report.findings.map(({ code }) => code);
  const files = (report: DatasetReport, code: string) =>
    report.findings.find((f) => f.code === code)?.files.map(({ file }) => file);

  it('finds nothing in a good folder', async () => {
    await writePeople(data(), 3, 8, 160);
    const report = await check();
    assert.deepEqual(report.findings, []);
    assert.deepEqual([report.people, report.pictures, report.layout], [3, 24, 'folders']);
  });

  /** A folder with one of each thing that a check tells of. */
  async function writeEveryTrouble(): Promise<void> {
    await writePeople(data(), 4, 8, 160);
    const at = (file: string) => path.join(data(), file);
    const copy = (from: string, to: string) => {
      fs.mkdirSync(path.dirname(at(to)), { recursive: true });
      fs.copyFileSync(at(from), at(to));
    };
    await writeNoisePicture(at('person-0/small.png'), 900, 40);
    fs.writeFileSync(at('person-0/broken.png'), fs.readFileSync(at('person-0/0.png')).subarray(0, 300));
    fs.writeFileSync(at('person-0/huge.pgm'), 'P5 9000 9000 255\n');
    fs.writeFileSync(at('person-0/notes.txt'), '');
    copy('person-1/0.png', 'person-1/again.png');
    await sharp(at('person-1/1.png')).jpeg({ quality: 60 }).toFile(at('person-1/smaller.jpg'));
    copy('person-1/2.png', 'person-2/of-another.png');
    copy('person-2/3.png', 'person-2/really-png.jpg');
    fs.rmSync(at('person-2/3.png'));
    const frames = [5, 6].map((seed) =>
      sharp({ create: { width: 160, height: 160, channels: 3, background: { r: 40 * seed, g: 9, b: 99 } } })
        .png()
        .toBuffer(),
    );
    await sharp(await Promise.all(frames), { join: { animated: true } }).toFile(at('person-3/moving.gif'));
    for (const [i, name] of ['Zo\u00eb', 'Zoe\u0308', 'few', 'FEW'].entries())
      for (let k = 0; k < 2; k++) await writeNoisePicture(at(`${name}/${k}.png`), 2000 + 10 * i + k, 160);
    await writeNoisePicture(at('alone/0.png'), 3000, 160);
    fs.mkdirSync(at('nothing'), { recursive: true });
    fs.writeFileSync(at('nothing/0.png'), '');
    for (let i = 0; i < 95; i++) await writeNoisePicture(at(`many/${i}.png`), 4000 + i, 160);
  }

  it('names every kind of trouble once, with its files, the gravest first', async () => {
    await writeEveryTrouble();
    const report = await check();
    assert.deepEqual(codes(report), [
      'two-people',
      'unreadable',
      'too-large',
      'people-left-out',
      'single-picture',
      'exact-duplicates',
      'too-small',
      'alike-names',
      'skipped',
      'few-pictures',
      'imbalance',
      'near-duplicates',
      'wrong-extension',
      'animated',
    ]);
    assert.deepEqual(files(report, 'two-people'), ['person-1/2.png', 'person-2/of-another.png']);
    assert.deepEqual(files(report, 'unreadable'), ['nothing/0.png', 'person-0/broken.png']);
    assert.deepEqual(files(report, 'too-large'), ['person-0/huge.pgm']);
    assert.deepEqual(files(report, 'exact-duplicates'), [
      'person-1/0.png',
      'person-1/again.png',
      'person-1/2.png',
      'person-2/of-another.png',
    ]);
    assert.deepEqual(files(report, 'near-duplicates'), ['person-1/1.png', 'person-1/smaller.jpg']);
    assert.deepEqual(files(report, 'too-small'), ['person-0/small.png']);
    assert.deepEqual(files(report, 'wrong-extension'), ['person-2/really-png.jpg']);
    assert.deepEqual(files(report, 'animated'), ['person-3/moving.gif']);
    assert.deepEqual(files(report, 'imbalance'), ['many']);
    assert.deepEqual(files(report, 'skipped'), ['person-0/notes.txt']);
    assert.deepEqual(new Set(files(report, 'alike-names')), new Set(['Zo\u00eb', 'Zoe\u0308', 'few', 'FEW']));
    assert.deepEqual(report.counts[0], { person: 'many', pictures: 95 });
    assert.deepEqual(report.suggestedExclusions, [
      'nothing/0.png',
      'person-0/broken.png',
      'person-0/huge.pgm',
      'person-1/2.png',
      'person-1/again.png',
      'person-2/of-another.png',
    ]);
    for (const { title, explanation, advice } of report.findings)
      for (const text of [title, explanation, advice]) assert.ok(text.length > 10 && !text.includes('undefined'), text);
    const thumbnail = report.findings[0]!.files[0]!.thumbnail!;
    const { width } = await sharp(Buffer.from(thumbnail.split(',')[1]!, 'base64')).metadata();
    assert.equal(width, 96);
    assert.equal(fs.readdirSync(data()).length, 11, 'nothing was moved or deleted');
  }).timeout(60_000);

  it('finds copies across a split that the folder has itself', async () => {
    await writePeople(path.join(data(), 'train'), 2, 6, 160);
    await writeNoisePicture(path.join(data(), 'val', 'person-0', 'new.png'), 700, 160);
    fs.copyFileSync(path.join(data(), 'train', 'person-0', '0.png'), path.join(data(), 'val', 'person-0', 'old.png'));
    const report = await check();
    assert.equal(report.findings[0]!.code, 'across-split');
    assert.deepEqual(
      report.findings[0]!.files.map(({ file, detail }) => [file, detail]),
      [
        ['train/person-0/0.png', 'training'],
        ['val/person-0/old.png', 'validation'],
      ],
    );
  });
});
