import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { drawDistortion } from '../../src/dataset/augment.js';
import { applyDamage, drawDamage, type Damage } from '../../src/dataset/damage.js';
import { augmentation } from '../../src/protocol/options.js';

const SIZE = 32;
const SHARES = { small: 0.3, dark: 0.25, moved: 0.15, covered: 0.2 };

function noise(seed: number): Uint8Array {
  const random = Random.fromSeed(seed);
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.integer(256));
}

function damaged(source: Uint8Array, damage: Damage): Uint8Array {
  // In the middle of a batch: its neighbours stay as they are.
  const batch = new Uint8Array(source.length + 2).fill(7);
  batch.set(source, 1);
  applyDamage(batch, 1, SIZE, damage);
  assert.deepEqual([batch[0], batch.at(-1)], [7, 7], 'a neighbour was written to');
  return batch.slice(1, -1);
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe('damage', () => {
  it('befalls as many pictures as the shares say, each kind its own, and the same ones again', () => {
    const random = Random.fromSeed(11);
    const counts: Record<string, number> = {};
    const many = 20_000;
    for (let i = 0; i < many; i++) {
      const kind = drawDamage(SHARES, SIZE, random)?.kind ?? 'none';
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    // Five standard deviations of a share of 0.3 of 20,000 are 0.016.
    for (const [kind, share] of Object.entries({ ...SHARES, none: 0.1 }))
      assert.ok(Math.abs(counts[kind]! / many - share) < 0.016, `${kind}: ${counts[kind]!}`);
    const options = augmentation.parse({ ...SHARES, offset: 0.04 });
    const draw = (epoch: number) => [0, 1, 2, 3].map((picture) => drawDistortion(options, 128, 128, 5, epoch, picture));
    assert.deepEqual(draw(3), draw(3));
    assert.notDeepEqual(draw(3), draw(4));
  });

  it('leaves what was drawn before it as it was', () => {
    const before = { flip: true, scale: 0.2, rotation: 9, brightness: 0.2, contrast: 0.1, erasing: 0.5 };
    for (let picture = 0; picture < 20; picture++) {
      const { damage, ...plain } = drawDistortion(augmentation.parse(before), 128, 128, 1, 2, picture);
      const { damage: some, ...rest } = drawDistortion(
        augmentation.parse({ ...before, dark: 1 }),
        128,
        128,
        1,
        2,
        picture,
      );
      assert.equal(damage, undefined);
      assert.equal(some?.kind, 'dark');
      assert.deepEqual(rest, plain);
    }
  });

  it('makes a picture small by the mean of areas: four pixels of a checkerboard become grey', () => {
    const board = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)];
      return (x + y) % 2 === 0 ? 200 : 100;
    });
    assert.ok(damaged(board, { kind: 'small', side: SIZE / 2 }).every((v) => v === 150));
    assert.deepEqual(damaged(board, { kind: 'small', side: SIZE }), board, 'as large as it was');
  });

  it('shrinks to sides that do not divide the picture, keeps its mean, and a slope a slope', () => {
    for (const side of [1, 3, 5, 7, 11, 31]) {
      const source = noise(side);
      const small = damaged(source, { kind: 'small', side });
      assert.ok(Math.abs(mean(small) - mean(source)) < 2.5, `side ${side}: ${mean(small)} for ${mean(source)}`);
      const slope = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => 6 * (Math.floor(i / 3) % SIZE));
      if (side < 5) continue;
      const bent = damaged(slope, { kind: 'small', side });
      const border = Math.ceil(SIZE / side);
      for (let x = border; x < SIZE - border; x++)
        // Along a straight line bilinear interpolation is exact; two roundings of a half each.
        assert.ok(
          Math.abs(bent[(5 * SIZE + x) * 3]! - 6 * x) <= 1,
          `side ${side}, column ${x}: ${bent[(5 * SIZE + x) * 3]}`,
        );
    }
  });

  it('darkens by the gain, with noise of the deviation that it is told', () => {
    const dark = damaged(new Uint8Array(SIZE * SIZE * 3).fill(200), { kind: 'dark', gain: 0.5, noise: 6, seed: 3 });
    const deviation = Math.sqrt(mean(Array.from(dark, (v) => (v - 100) ** 2)));
    // 3,072 values: the mean is known to 0.11, the deviation to 0.08.
    assert.ok(Math.abs(mean(dark) - 100) < 0.5, `${mean(dark)}`);
    assert.ok(Math.abs(deviation - 6) < 0.4, `${deviation}`);
    const black = damaged(new Uint8Array(SIZE * SIZE * 3), { kind: 'dark', gain: 0.5, noise: 6, seed: 3 });
    assert.ok(Math.max(...black) < 40, 'no value wraps around');
  });

  it('blurs a point to a line as long and as steep as the motion', () => {
    const point = new Uint8Array(SIZE * SIZE * 3);
    point.fill(250, (16 * SIZE + 16) * 3, (16 * SIZE + 17) * 3);
    const lit = (angle: number) => {
      const moved = damaged(point, { kind: 'moved', length: 4, angle });
      return Array.from({ length: SIZE * SIZE }, (_, i) => i).filter((i) => moved[3 * i]! > 0);
    };
    assert.deepEqual(
      lit(0),
      [14, 15, 16, 17, 18].map((x) => 16 * SIZE + x),
    );
    assert.deepEqual(
      lit(Math.PI / 2),
      [14, 15, 16, 17, 18].map((y) => y * SIZE + 16),
    );
    const even = new Uint8Array(SIZE * SIZE * 3).fill(77);
    assert.deepEqual(damaged(even, { kind: 'moved', length: 9, angle: 1 }), even, 'the border goes on');
  });

  it('covers an area with its colour, and nothing beside it', () => {
    const source = noise(4);
    const covered = damaged(source, { kind: 'covered', area: [3, 20, 30, 32], colour: [1, 2, 3] });
    for (let i = 0; i < source.length; i++) {
      const [x, y, c] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE), i % 3];
      assert.equal(covered[i], x >= 3 && x < 30 && y >= 20 ? c + 1 : source[i], `${x}, ${y}, ${c}`);
    }
    for (let i = 0; i < 500; i++) {
      const damage = drawDamage({ small: 0, dark: 0, moved: 0, covered: 1 }, SIZE, Random.fromSeed(i));
      assert.ok(damage?.kind === 'covered');
      const [left, top, right, bottom] = damage.area;
      assert.ok(0 <= left && left < right && right <= SIZE && 0 <= top && top < bottom && bottom <= SIZE, `${i}`);
    }
  });
});
