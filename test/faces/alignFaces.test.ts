import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { scanDataset } from '../../src/dataset/scanDataset.js';
import { alignFaces, cropNames } from '../../src/faces/alignFaces.js';
import type { AlignEntry } from '../../src/faces/alignJournal.js';
import { scratchFolder, writeNoisePicture } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const folder = scratchFolder();
const data = () => path.join(folder(), 'data');
const out = () => path.join(folder(), 'crops');

function align(cancelled = () => false, options = {}) {
  const told: [number, number][] = [];
  const onProgress = (done: number, total: number) => void told.push([done, total]);
  return alignFaces(scanDataset(data()), { out: out(), size: 96, threads: 2, ...options }, onProgress, cancelled).then(
    (summary) => ({ summary, told }),
  );
}

const journal = () =>
  fs
    .readFileSync(path.join(out(), 'align.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as AlignEntry);

describe('cropNames', () => {
  it('never makes one of two', () => {
    assert.deepEqual(cropNames(['a/1.png', 'a/1.jpg', 'a/2.JPEG', 'b/x.y.webp', 'A/2.png']), [
      'a/1.png.jpg',
      'a/1.jpg.jpg',
      'a/2.JPEG.jpg',
      'b/x.y.jpg',
      'A/2.png.jpg',
    ]);
  });
});

describe('alignFaces', function () {
  this.timeout(60_000);

  it('leaves out what shows no face or cannot be read, and says so on the contact sheet', async () => {
    for (const [i, person] of ['a', 'b'].entries()) await writeNoisePicture(path.join(data(), person, '1.png'), i, 100);
    fs.writeFileSync(path.join(data(), 'a', 'broken <b>.jpg'), 'x');
    const { summary, told } = await align();
    assert.deepEqual([summary!.pictures, summary!.withoutFace, summary!.unreadable, summary!.aligned], [3, 2, 1, 0]);
    assert.deepEqual(told.at(-1), [3, 3]);
    const sheet = fs.readFileSync(summary!.contactSheet, 'utf8');
    assert.match(sheet, /3 pictures: 0 aligned, 0 doubtful, 3 left out/);
    assert.match(sheet, /broken &#60;b&#62;\.jpg/);
    assert.equal(sheet.match(/<img /g)?.length, 2);
    assert.equal(fs.statSync(out()).mode & 0o777, 0o700);
  });

  it('refuses a folder inside the pictures, and one that holds something else', async () => {
    for (const person of ['a', 'b']) await writeNoisePicture(path.join(data(), person, '1.png'), 1);
    for (const inside of [data(), path.join(data(), 'crops')])
      await assert.rejects(align(undefined, { out: inside }), { code: 'align-folder', message: /inside the folder/ });
    fs.mkdirSync(out());
    fs.writeFileSync(path.join(out(), 'precious.txt'), '');
    await assert.rejects(align(), { code: 'align-folder', message: /not empty/ });
    assert.deepEqual(fs.readdirSync(out()), ['precious.txt']);
    assert.deepEqual(fs.readdirSync(data()), ['a', 'b']);
  });

  withShared('aligning real faces', [sharedPaths.wild], () => {
    const people = ['Colin_Powell', 'Jean_Chretien', 'Laura_Bush'];
    const copyPeople = (each: number) => {
      for (const person of people) {
        fs.mkdirSync(path.join(data(), person), { recursive: true });
        for (const file of fs.readdirSync(path.join(sharedPaths.wild, person)).slice(0, each))
          fs.copyFileSync(path.join(sharedPaths.wild, person, file), path.join(data(), person, file));
      }
    };

    it('puts the eyes of faces that lie, are small, or are turned where they belong', async () => {
      copyPeople(4);
      // The same pictures a quarter of the size on a large canvas, and turned by 25 degrees.
      const originals = scanDataset(data()).files;
      for (const file of originals) {
        const source = path.join(data(), file);
        const canvas = sharp({ create: { width: 900, height: 700, channels: 3, background: '#345' } });
        const inset = await sharp(source).resize(180).toBuffer();
        await canvas.composite([{ input: inset, left: 100, top: 200 }]).toFile(source.replace('.jpg', '-small.png'));
        await sharp(source).rotate(25, { background: '#543' }).toFile(source.replace('.jpg', '-turned.webp'));
      }
      const { summary } = await align();
      assert.equal(summary!.pictures, 36);
      assert.ok(summary!.aligned + summary!.doubtful >= 34, JSON.stringify(summary));
      // Aligned again the crops stay as they are: their eyes are where the template has them.
      fs.renameSync(out(), path.join(folder(), 'once'));
      fs.rmSync(data(), { recursive: true });
      fs.renameSync(path.join(folder(), 'once'), data());
      fs.rmSync(path.join(data(), 'align.ndjson'));
      await align();
      const found = journal().filter(({ points }) => points);
      assert.ok(found.length >= 28, String(found.length));
      // Eyes, nose and mouth of a crop of 96 pixels, from those of InsightFace's of 112, a little smaller.
      const places = [
        [40.4, 52.2],
        [71.4, 52],
        [56, 69.8],
        [43.3, 88],
        [68.9, 87.9],
      ].map((p) => p.map((v) => (v * 96) / 112));
      const offs = found
        .map(({ points }) =>
          Math.max(...points!.map(([x, y], i) => Math.hypot(x - places[i]![0]!, y - places[i]![1]!))),
        )
        .sort((p, q) => p - q);
      assert.ok(
        offs[offs.length >> 1]! < 6 && offs[Math.floor(0.9 * offs.length)]! < 9,
        offs.map((v) => v.toFixed(1)).join(),
      );
    });

    it('goes on where it was stopped, and keeps what is done', async () => {
      copyPeople(5);
      let seen = 0;
      const stopped = await align(() => seen++ > 12);
      assert.equal(stopped.summary, undefined);
      const done = journal().length;
      assert.ok(done > 0 && done < 15, String(done));
      // The last line was being written when the power went.
      fs.appendFileSync(path.join(out(), 'align.ndjson'), '{"file":"Colin');
      const whole = await align();
      assert.deepEqual([whole.summary!.pictures, whole.summary!.kept], [15, done]);
      assert.equal((await align()).summary!.kept, 15);
      // A crop that was deleted and a picture that has changed are done again.
      const [first, second] = journal();
      fs.rmSync(path.join(out(), first!.crop));
      fs.utimesSync(path.join(data(), second!.file), 5, 5);
      assert.equal((await align()).summary!.kept, 13);
      assert.ok(fs.existsSync(path.join(out(), first!.crop)));
      assert.deepEqual(scanDataset(out()).people, people);
    });

    it('writes the table anew for pictures that a table names', async () => {
      copyPeople(2);
      const rows = scanDataset(data()).files.map((file, i) => `${file},"Person ""${i % 2}"""`);
      fs.writeFileSync(path.join(data(), 'labels.csv'), ['path,person', ...rows].join('\n'));
      await align();
      const crops = scanDataset(out());
      assert.equal(crops.layout, 'labels');
      assert.deepEqual(crops.people, ['Person "0"', 'Person "1"']);
      assert.equal(crops.files.length, 6);
    });
  });
});
