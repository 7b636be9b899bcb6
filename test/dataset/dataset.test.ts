import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { decodeImage } from '../../src/dataset/decodeImage.js';
import { openDataset, type Dataset } from '../../src/dataset/dataset.js';
import { scanDataset } from '../../src/dataset/scanDataset.js';
import { scratchFolder, writeNoisePicture, writePeople } from '../support/scratch.js';

const folder = scratchFolder();

async function open(root = folder(), memoryBytes = 1e9): Promise<Dataset | undefined> {
  const options = { size: 32, split: 0.75, seed: 1, memoryBytes };
  return openDataset(scanDataset(root), options, () => undefined, () => false); // prettier-ignore
}

describe('scanDataset', () => {
  it('names people by the first level, finds pictures at any depth, and sorts by code unit', async () => {
    await writeNoisePicture(path.join(folder(), 'Zoë', 'b.png'), 1);
    await writeNoisePicture(path.join(folder(), 'Zoë', 'deep', 'er', 'a.JPG'), 2);
    await writeNoisePicture(path.join(folder(), '李', '1.webp'), 3);
    const { identities, skipped } = scanDataset(folder());
    assert.deepEqual(
      identities.map(({ name, files }) => [name, files.map((f) => path.basename(f))]),
      [
        ['Zoë', ['b.png', 'a.JPG']],
        ['李', ['1.webp']],
      ],
    );
    assert.deepEqual(skipped, []);
  });

  it('ignores what systems leave behind, lists everything else that it leaves out', async () => {
    await writePeople(folder(), 2, 1);
    for (const name of ['.DS_Store', 'person-0/Thumbs.db', 'person-0/.hidden.png'])
      fs.writeFileSync(path.join(folder(), name), '');
    fs.writeFileSync(path.join(folder(), 'person-0', 'notes.txt'), '');
    fs.writeFileSync(path.join(folder(), 'stray.png'), '');
    fs.mkdirSync(path.join(folder(), 'nobody'));
    assert.deepEqual(
      new Set(scanDataset(folder()).skipped.map(({ file }) => file)),
      new Set(['person-0/notes.txt', 'stray.png', 'nobody']),
    );
  });

  it('says what is wrong with a folder that cannot be trained with', async () => {
    const missing = path.join(folder(), 'missing');
    assert.throws(() => scanDataset(missing), { code: 'dataset-missing', message: /does not exist/ });
    assert.throws(() => scanDataset(folder()), { code: 'dataset-no-people', message: /no sub-folder with pictures/ });
    fs.writeFileSync(path.join(folder(), 'file.png'), '');
    assert.throws(() => scanDataset(path.join(folder(), 'file.png')), {
      code: 'dataset-missing',
      message: /is not a folder/,
    });
    await writeNoisePicture(path.join(folder(), 'Anna', '1.png'), 1);
    assert.throws(() => scanDataset(folder()), { code: 'dataset-one-person', message: /one person only, Anna/ });
  });
});

describe('decodeImage', () => {
  it('gives [size, size, 3] for grey, alpha, palette, 16-bit, CMYK and animated pictures', async () => {
    const grey = sharp({ create: { width: 50, height: 30, channels: 3, background: '#808080' } });
    const files: [string, Sharp][] = [
      ['grey.png', grey.clone().toColourspace('b-w').png()],
      ['alpha.png', grey.clone().ensureAlpha(0.5).png()],
      ['palette.png', grey.clone().png({ palette: true })],
      ['deep.png', grey.clone().toColourspace('rgb16').png()],
      ['cmyk.jpg', grey.clone().toColourspace('cmyk').jpeg()],
      ['picture.gif', grey.clone().gif()],
      ['picture.webp', grey.clone().webp({ lossless: true })],
      ['picture.avif', grey.clone().avif()],
      ['picture.tiff', grey.clone().tiff()],
    ];
    for (const [name, picture] of files) {
      const file = path.join(folder(), name);
      await picture.toFile(file);
      const image = await decodeImage(file, 32);
      assert.ok(image.ok, `${name}: ${image.ok ? '' : image.reason}`);
      assert.equal(image.pixels.length, 32 * 32 * 3, name);
      const expected = name === 'alpha.png' ? 64 : 128;
      const off = Math.max(...image.pixels.map((v) => Math.abs(v - expected)));
      // CMYK goes through a colour profile.
      assert.ok(off <= (name === 'cmyk.jpg' ? 20 : 8), `${name} is off by ${off}`);
    }
  });

  it('turns a picture by its EXIF orientation and stretches it to the square', async () => {
    const left = Buffer.from(Array.from({ length: 20 * 10 * 3 }, (_, i) => (Math.floor(i / 3) % 20 < 10 ? 255 : 0)));
    const file = path.join(folder(), 'turned.png');
    await sharp(left, { raw: { width: 20, height: 10, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toFile(file);
    const image = await decodeImage(file, 32);
    assert.ok(image.ok);
    assert.ok(image.pixels[3 * 16]! > 250, 'white is on top after a quarter turn');
    assert.ok(image.pixels[3 * (31 * 32 + 16)]! < 5, 'black is at the bottom');
  });

  it('says why a file cannot be used', async () => {
    const whole = path.join(folder(), 'whole.jpg');
    await writeNoisePicture(whole, 1, 200);
    const bytes = fs.readFileSync(whole);
    const cases: [string, Buffer, RegExp][] = [
      ['empty.jpg', Buffer.alloc(0), /is empty|no picture inside/],
      ['text.jpg', Buffer.from('just words'), /no picture inside/],
      ['cut.jpg', bytes.subarray(0, bytes.length >> 1), /damaged or cut short/],
    ];
    for (const [name, content, reason] of cases) {
      fs.writeFileSync(path.join(folder(), name), content);
      const image = await decodeImage(path.join(folder(), name), 32);
      assert.ok(!image.ok, name);
      assert.match(image.reason, reason, name);
      assert.equal(image.gone, false);
    }
    const gone = await decodeImage(path.join(folder(), 'gone.jpg'), 32);
    assert.ok(!gone.ok && gone.gone);
    fs.copyFileSync(whole, path.join(folder(), 'really-a-jpeg.png'));
    assert.ok(
      (await decodeImage(path.join(folder(), 'really-a-jpeg.png'), 32)).ok,
      'a wrong extension does not matter',
    );
  });
});

describe('openDataset', () => {
  it('skips broken pictures, numbers only people with a usable one, and warns', async () => {
    await writePeople(folder(), 3, 8);
    fs.writeFileSync(path.join(folder(), 'person-1', '0.png'), 'x');
    fs.mkdirSync(path.join(folder(), 'a-broken-person'));
    fs.writeFileSync(path.join(folder(), 'a-broken-person', '0.png'), 'x');
    await writeNoisePicture(path.join(folder(), 'single', '0.png'), 9);
    const dataset = (await open())!;
    assert.deepEqual(dataset.people, ['person-0', 'person-1', 'person-2', 'single']);
    assert.equal(dataset.usable, 24);
    assert.equal(dataset.split.train.length + dataset.split.validation.length, 24);
    assert.deepEqual(
      new Set(dataset.skipped.map(({ file }) => file)),
      new Set(['person-1/0.png', 'a-broken-person/0.png']),
    );
    assert.deepEqual(
      dataset.warnings.map(({ code }) => code),
      ['pictures-skipped', 'people-left-out', 'single-picture'],
    );
    assert.match(dataset.warnings[2]!.message, /1 person with one picture only: single/);
  });

  it('gives the same pixels whether they are kept in memory or decoded again', async () => {
    await writePeople(folder(), 2, 4);
    const kept = (await open())!;
    const decoded = (await open(folder(), 0))!;
    const some = (await open(folder(), 32 * 32 * 3 * 3))!;
    const pictures = [5, 0, 3, 3];
    const expected = await kept.store.read(pictures);
    assert.equal(expected.pixels.length, 4 * 32 * 32 * 3);
    assert.deepEqual(await decoded.store.read(pictures), expected);
    assert.deepEqual(await some.store.read(pictures), expected);
  });

  it('fails when nothing usable is left, or nothing to validate with', async () => {
    for (const person of ['a', 'b']) {
      fs.mkdirSync(path.join(folder(), person));
      fs.writeFileSync(path.join(folder(), person, '0.jpg'), 'x');
    }
    await assert.rejects(open(), { code: 'dataset-nothing-usable' });
    await writeNoisePicture(path.join(folder(), 'a', '1.png'), 1);
    await assert.rejects(open(), { code: 'dataset-one-person', message: /, a, has a picture that can be read/ });
    await writeNoisePicture(path.join(folder(), 'b', '1.png'), 2);
    await assert.rejects(open(), { code: 'dataset-nothing-to-validate' });
  });
});
