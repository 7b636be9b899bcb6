import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { lotSeed, readBfloats, readHalves, writeBfloats, writeHalves } from '../../src/core/half.js';

type Pair = readonly [number, number];

/** What test/reference/make_halves.py says, bits all of it. */
const reference = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, '../reference/halves.json'), 'utf8')) as {
  readonly halves: readonly Pair[];
  readonly bfloats: readonly Pair[];
  /** The 16-bit numbers below and above, by size. */
  readonly between: readonly { readonly value: number; readonly half: Pair; readonly bfloat: Pair }[];
};

const floatsOf = (...bits: readonly number[]) => new Float32Array(Uint32Array.from(bits).buffer);
const bitsOf = (values: Float32Array) => [...new Uint32Array(values.buffer)];

const KINDS = [
  ['halves', readHalves, writeHalves, 'half'],
  ['bfloats', readBfloats, writeBfloats, 'bfloat'],
] as const;

for (const [name, read, write, of] of KINDS)
  describe(`numbers of 16 bits: ${name}`, () => {
    it('are the float32 that NumPy and PyTorch say', () => {
      for (const [bits, expected] of reference[name]) {
        const into = new Float32Array(1);
        read(Uint16Array.of(bits), into);
        assert.deepEqual(bitsOf(into), [expected], bits.toString(16));
      }
    });

    it('come back as they were, whatever the lot', () => {
      const all = Uint16Array.from(reference[name], ([bits]) => bits);
      const numbers = new Float32Array(all.length);
      read(all, numbers);
      for (let seed = 0; seed < 50; seed++) {
        const back = new Uint16Array(all.length);
        write(numbers, back, seed);
        assert.deepEqual(back, all);
      }
    });

    it('are the one below or the one above, so that their mean is the number', () => {
      const LOTS = 4000;
      for (const { value, [of]: sides } of reference.between) {
        const number = floatsOf(value);
        const [low, high] = [new Float32Array(1), new Float32Array(1)];
        read(Uint16Array.of(sides[0]), low);
        read(Uint16Array.of(sides[1]), high);
        let sum = 0;
        for (let lot = 0; lot < LOTS; lot++) {
          const into = new Uint16Array(1);
          write(number, into, lotSeed(7, lot));
          assert.ok(sides.includes(into[0]!), `${number[0]}: ${into[0]} is not among ${sides.join()}`);
          sum += into[0] === sides[0] ? low[0]! : high[0]!;
        }
        // Five standard deviations of a mean of that many lots.
        const step = Math.abs(high[0]! - low[0]!);
        assert.ok(Math.abs(sum / LOTS - number[0]!) <= (5 * 0.5 * step) / Math.sqrt(LOTS), `${number[0]}`);
      }
    });

    it('take up updates that are far below their last bit', () => {
      // A hundredth of the last bit of 0.0625, a thousand times: to the nearest, nothing would ever be added.
      const added = (of === 'half' ? 2 ** -14 : 2 ** -11) / 100;
      const numbers = new Float32Array(256).fill(0.0625);
      const kept = new Uint16Array(256);
      for (let step = 0; step < 1000; step++) {
        write(
          numbers.map((v) => v + added),
          kept,
          lotSeed(3, step),
        );
        read(kept, numbers);
      }
      const mean = numbers.reduce((sum, v) => sum + v, 0) / numbers.length;
      assert.ok(Math.abs(mean - (0.0625 + 1000 * added)) < 30 * added, `${mean}`);
    });

    it('are the same of the same seed, and others of another', () => {
      const numbers = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i + 1));
      const written = (seed: number) => {
        const into = new Uint16Array(64);
        write(numbers, into, seed);
        return into;
      };
      assert.deepEqual(written(lotSeed(1, 2, 3)), written(lotSeed(1, 2, 3)));
      assert.notDeepEqual(written(lotSeed(1, 2, 3)), written(lotSeed(1, 2, 4)));
      assert.notDeepEqual(written(lotSeed(1, 2, 3)), written(lotSeed(1, 3, 2)));
    });
  });
