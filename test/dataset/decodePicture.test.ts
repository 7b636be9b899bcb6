import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { decodePicture, sniff } from '../../src/dataset/decodePicture.js';
import type { Fault, Format } from '../../src/dataset/pictureFacts.js';
import { readJpegHeader } from '../../src/dataset/jpegHeader.js';
import { scratchFolder, writeNoisePicture } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const folder = scratchFolder();
const WIDTH = 50;
const HEIGHT = 30;

/** Left half dark red, right half light blue: order of channels and of columns show. */
function colour(x: number): [number, number, number] {
  return x < WIDTH / 2 ? [160, 32, 16] : [96, 160, 224];
}

function raw(channels = 3): Buffer {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * channels, 255);
  for (let i = 0; i < WIDTH * HEIGHT; i++) colour(i % WIDTH).forEach((v, c) => (pixels[i * channels + c] = v));
  return pixels;
}

const picture = () => sharp(raw(), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

/** A bitmap as Windows writes it: rows from bottom to top, blue first, rows padded to four bytes. */
function bitmap(bits: 24 | 32, topDown = false): Buffer {
  const bytes = bits / 8;
  const row = Math.ceil((WIDTH * bytes) / 4) * 4;
  const file = Buffer.alloc(54 + row * HEIGHT);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(WIDTH, 18);
  file.writeInt32LE(topDown ? -HEIGHT : HEIGHT, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const [r, g, b] = colour(x);
      file.set([b, g, r], 54 + y * row + x * bytes);
    }
  return file;
}

function netpbm(kind: 'P2' | 'P3' | 'P5' | 'P6', deep = false): Buffer {
  const grey = kind === 'P2' || kind === 'P5';
  const values = Array.from({ length: WIDTH * HEIGHT }, (_, i) => colour(i % WIDTH).slice(0, grey ? 1 : 3)).flat();
  const header = `${kind}\n# a comment\n${WIDTH} ${HEIGHT}\n${deep ? 65535 : 255}\n`;
  if (kind === 'P2' || kind === 'P3') return Buffer.from(header + values.join(' '));
  const body = Buffer.alloc(values.length * (deep ? 2 : 1));
  values.forEach((v, i) => (deep ? body.writeUInt16BE(v * 257, 2 * i) : (body[i] = v)));
  return Buffer.concat([Buffer.from(header), body]);
}

/** A PNG whose header promises more than its one row holds. */
function hugePng(side: number): Buffer {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    let c = 0xffffffff;
    for (const byte of body) c = crcTable[(c ^ byte) & 255]! ^ (c >>> 8);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE((c ^ 0xffffffff) >>> 0);
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function decode(name: string, content: Buffer | Sharp, size = 32) {
  const file = path.join(folder(), name);
  if (Buffer.isBuffer(content)) fs.writeFileSync(file, content);
  else await content.toFile(file);
  return decodePicture(file, size);
}

describe('decodePicture', () => {
  it('gives the same pixels from every format, depth and kind of colour', async () => {
    const exact = 6;
    const lossy = 24;
    const cases: [string, Buffer | Sharp, Format, number][] = [
      ['rgb.png', picture().png(), 'png', exact],
      ['palette.png', picture().png({ palette: true }), 'png', lossy],
      ['deep.png', picture().toColourspace('rgb16').png(), 'png', exact],
      ['interlaced.png', picture().png({ progressive: true }), 'png', exact],
      ['opaque.png', sharp(raw(4), { raw: { width: WIDTH, height: HEIGHT, channels: 4 } }).png(), 'png', exact],
      ['444.jpg', picture().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }), 'jpeg', lossy],
      ['progressive.jpeg', picture().jpeg({ progressive: true, quality: 95 }), 'jpeg', lossy],
      ['picture.gif', picture().gif(), 'gif', lossy],
      ['lossless.webp', picture().webp({ lossless: true }), 'webp', exact],
      ['lossy.webp', picture().webp({ quality: 95 }), 'webp', lossy],
      ['picture.avif', picture().avif({ quality: 90, chromaSubsampling: '4:4:4' }), 'avif', lossy],
      ['lzw.tiff', picture().tiff({ compression: 'lzw' }), 'tiff', exact],
      ['tiled.tif', picture().tiff({ tile: true, compression: 'none' }), 'tiff', exact],
      ['deep.tiff', picture().toColourspace('rgb16').tiff({ compression: 'none' }), 'tiff', exact],
      ['24.bmp', bitmap(24), 'bmp', exact],
      ['32.bmp', bitmap(32), 'bmp', exact],
      ['top-down.bmp', bitmap(24, true), 'bmp', exact],
      ['binary.ppm', netpbm('P6'), 'pnm', exact],
      ['deep.ppm', netpbm('P6', true), 'pnm', exact],
      ['text.ppm', netpbm('P3'), 'pnm', exact],
    ];
    for (const [name, content, format, tolerance] of cases) {
      const { fact, pixels } = await decode(name, content);
      assert.equal(fact.fault, 'none', name);
      assert.deepEqual([fact.format, fact.width, fact.height, fact.pages], [format, WIDTH, HEIGHT, 1], name);
      for (const x of [4, 27]) {
        const expected = colour(x < 16 ? 0 : WIDTH - 1);
        const at = (16 * 32 + x) * 3;
        expected.forEach((v, c) =>
          assert.ok(
            Math.abs(pixels![at + c]! - v) <= tolerance,
            `${name}, column ${x}: ${pixels!.slice(at, at + 3).join()} instead of ${expected.join()}`,
          ),
        );
      }
    }
  });

  withShared('real JPEGs against libvips', [sharedPaths.wild], () =>
    it('decodes plain JPEGs to what libvips makes of them, to a level or two', async () => {
      const people = fs
        .readdirSync(sharedPaths.wild)
        .filter((name) => !name.includes('.'))
        .slice(0, 20);
      for (const person of people) {
        const file = path.join(sharedPaths.wild, person, fs.readdirSync(path.join(sharedPaths.wild, person))[0]!);
        assert.ok(readJpegHeader(fs.readFileSync(file))!.plain, file);
        const { pixels } = await decodePicture(file, 144);
        const expected = await sharp(file).resize(144, 144, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
        const offs = expected.map((v, i) => Math.abs(v - pixels![i]!)).sort();
        const mean = offs.reduce((sum, v) => sum + v, 0) / offs.length;
        assert.ok(mean < 1.5 && offs[Math.floor(0.99 * offs.length)]! <= 8, `${file}: ${mean}`);
      }
    }),
  );

  it('leaves JPEGs of other kinds to libvips, and tells their size', async () => {
    const turned = await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const profiled = await picture().withIccProfile('p3').jpeg().toBuffer();
    const cmyk = await picture().toColourspace('cmyk').jpeg().toBuffer();
    const plain = await picture().jpeg({ progressive: true }).toBuffer();
    for (const [name, bytes, isPlain] of [
      ['turned', turned, false],
      ['profiled', profiled, false],
      ['cmyk', cmyk, false],
      ['plain', plain, true],
      ['cut', plain.subarray(0, -70), false],
    ] as const) {
      const header = readJpegHeader(bytes)!;
      assert.deepEqual([header.width, header.height, header.plain], [WIDTH, HEIGHT, isPlain], name);
    }
    for (let length = 0; length < 300; length++) readJpegHeader(plain.subarray(0, length));
    const noise = Buffer.from(plain);
    for (let i = 2; i < 400; i++) {
      noise[i] = (i * 7919) & 255;
      readJpegHeader(noise);
    }
  });

  it('makes three equal channels of grey pictures, at any depth', async () => {
    const reds = Buffer.from(Array.from({ length: WIDTH * HEIGHT }, (_, i) => colour(i % WIDTH)[0]));
    const grey = () => sharp(reds, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('b-w');
    const cases: [string, Buffer | Sharp][] = [
      ['grey.png', grey().png()],
      ['grey.jpg', grey().jpeg({ quality: 95 })],
      ['deep-grey.png', grey().toColourspace('grey16').png()],
      ['binary.pgm', netpbm('P5')],
      ['text.pgm', netpbm('P2')],
      ['deep.pgm', netpbm('P5', true)],
    ];
    for (const [name, content] of cases) {
      const { fact, pixels } = await decode(name, content);
      assert.equal(fact.fault, 'none', name);
      const [r, g, b] = pixels!.slice((16 * 32 + 4) * 3);
      assert.ok(Math.abs(r! - 160) <= 6 && r === g && g === b, `${name}: ${r} ${g} ${b}`);
    }
  });

  it('brings CMYK near its colours, and lays transparency on black', async () => {
    const cmyk = await decode('cmyk.jpg', picture().toColourspace('cmyk').jpeg({ quality: 95 }));
    assert.equal(cmyk.fact.fault, 'none');
    const [r, , b] = cmyk.pixels!.slice((16 * 32 + 4) * 3);
    assert.ok(r! > 110 && b! < 70, `${r} ${b}`);
    const half = sharp({
      create: { width: 20, height: 20, channels: 4, background: { r: 200, g: 100, b: 50, alpha: 0.5 } },
    });
    const { pixels } = await decode('half.png', half.png());
    assert.ok(
      [100, 50, 25].every((v, c) => Math.abs(pixels![c]! - v) <= 2),
      pixels!.slice(0, 3).join(),
    );
  });

  it('turns a picture by its EXIF orientation and stretches it to the square', async () => {
    const turned = await decode('turned.jpg', picture().withMetadata({ orientation: 6 }).jpeg({ quality: 95 }));
    assert.deepEqual([turned.fact.width, turned.fact.height], [HEIGHT, WIDTH]);
    const row = (y: number) => turned.pixels!.slice((y * 32 + 16) * 3, (y * 32 + 16) * 3 + 3);
    assert.ok(row(3)[0]! > row(3)[2]!, 'what was left is on top after a quarter turn');
    assert.ok(row(28)[2]! > row(28)[0]!, 'what was right is at the bottom');
  });

  it('takes the first frame of an animation, and knows how many there are', async () => {
    const frames = [picture(), picture().negate(), picture()].map((frame) => frame.png().toBuffer());
    for (const name of ['moving.gif', 'moving.webp']) {
      const animation = sharp(await Promise.all(frames), { join: { animated: true } });
      const { fact, pixels } = await decode(name, animation);
      assert.deepEqual([fact.fault, fact.pages, fact.width, fact.height], ['none', 3, WIDTH, HEIGHT], name);
      assert.ok(Math.abs(pixels![(16 * 32 + 4) * 3]! - 160) < 30, name);
    }
  });

  it('says why a file cannot be used', async () => {
    const whole = path.join(folder(), 'whole.jpg');
    await writeNoisePicture(whole, 1, 200);
    const jpeg = fs.readFileSync(whole);
    const png = await sharp(jpeg).png().toBuffer();
    const webp = await sharp(jpeg).webp({ lossless: true }).toBuffer();
    const scribbled = Buffer.from(png);
    scribbled.fill(0x55, scribbled.length >> 1, (scribbled.length >> 1) + 64);
    const largeBitmap = bitmap(24);
    largeBitmap.writeInt32LE(20_000, 18);
    largeBitmap.writeInt32LE(20_000, 22);
    const cases: [string, Buffer, Fault][] = [
      ['empty.jpg', Buffer.alloc(0), 'empty'],
      ['text.jpg', Buffer.from('just words'), 'notPicture'],
      ['page.png', Buffer.from('<html><body>404</body></html>'), 'notPicture'],
      ['heic.jpg', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), 'heic'],
      ['cut.jpg', jpeg.subarray(0, jpeg.length >> 1), 'damaged'],
      ['cut.png', png.subarray(0, png.length >> 1), 'damaged'],
      ['cut.webp', webp.subarray(0, webp.length >> 1), 'damaged'],
      ['cut.ppm', netpbm('P6').subarray(0, 2000), 'damaged'],
      ['cut-text.pgm', netpbm('P2').subarray(0, 2000), 'damaged'],
      ['cut.bmp', bitmap(24).subarray(0, 2000), 'damaged'],
      ['cut-in-the-header.bmp', bitmap(24).subarray(0, 20), 'damaged'],
      ['header-only.jpg', jpeg.subarray(0, 20), 'damaged'],
      ['scribbled.png', scribbled, 'damaged'],
      ['huge.png', hugePng(8000), 'tooLarge'],
      ['huge.bmp', largeBitmap, 'tooLarge'],
      ['huge.pgm', Buffer.from('P5 9000 9000 255\n'), 'tooLarge'],
    ];
    for (const [name, content, fault] of cases) {
      const started = performance.now();
      const { fact, pixels } = await decode(name, content);
      assert.equal(fact.fault, fault, name);
      assert.equal(pixels, undefined, name);
      assert.ok(performance.now() - started < 2000, `${name} is refused before it is decoded`);
    }
    assert.equal((await decodePicture(path.join(folder(), 'gone.jpg'), 32)).fact.fault, 'gone');
    fs.copyFileSync(whole, path.join(folder(), 'really-a-jpeg.png'));
    const { fact } = await decodePicture(path.join(folder(), 'really-a-jpeg.png'), 32);
    assert.deepEqual([fact.fault, fact.format], ['none', 'jpeg'], 'a wrong ending does not matter');
  });

  it('never throws, whatever the bytes are', async () => {
    const whole = await picture().jpeg().toBuffer();
    const sources = [
      whole,
      await picture().png().toBuffer(),
      await picture().tiff().toBuffer(),
      bitmap(24),
      netpbm('P6'),
    ];
    for (let round = 0; round < 150; round++) {
      const bytes = Buffer.from(sources[round % sources.length]!);
      for (let i = 0; i < 1 + (round % 7); i++)
        bytes[(round * 7919 + i * 104729) % bytes.length]! ^= 1 + ((round * 31) % 255);
      const { fact, pixels } = await decode('fuzzed.img', bytes.subarray(0, bytes.length - (round % 3) * 40));
      assert.equal(pixels !== undefined, fact.fault === 'none');
    }
  }).timeout(60_000);
});

describe('sniff', () => {
  it('knows formats by their first bytes, however few there are', () => {
    for (let length = 0; length < 12; length++) sniff(Buffer.alloc(length, 'f'));
    assert.equal(sniff(Buffer.from('BM')), 'bmp');
    assert.equal(sniff(Buffer.from('P7 ')), 'unknown');
  });
});
