import { Random } from '../../../src/core/random.js';
import { GraphBuilder, type Value } from '../../../src/graph/graphBuilder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { addon, compareWithPlain, randomBatch } from './comparing.js';
import { randomGraph, randomValues } from './randomGraph.js';

// Each kernel inside the smallest network that reaches all of its forms (statistics, prologue with batch norm and ReLU6,
// masked gradient with sums), over sizes around those of a vector (4, 8, 16), a tile (6, 14) and a panel (32).

/** input → pointwise to `channels` → batch norm → ReLU6 → what is tried → batch norm → ReLU6 → pool → dense. */
function around(size: readonly [number, number], channels: number, tried: (b: GraphBuilder, x: Value) => Value): Graph {
  const b = new GraphBuilder();
  let x = b.conv2d('before', b.input(...size, 3), channels, 1);
  x = b.relu6('before_relu', b.batchNorm('before_norm', x));
  x = tried(b, x);
  x = b.relu6('after_relu', b.batchNorm('after_norm', x));
  const embedding = b.globalMaxPool('pool', x);
  return b.build('around', { embedding, scores: b.dense('logits', embedding, 3) });
}

describe('the native kernels against plain loops in float64', function () {
  this.timeout(300_000);

  for (const instructionSet of addon().instructionSets()) {
    describe(`with ${instructionSet}`, () => {
      const check = async (what: string, graph: Graph, count = 2) => {
        const random = Random.fromSeed(7);
        await compareWithPlain(
          what,
          graph,
          randomValues(graph, random),
          randomBatch(graph, random, count),
          instructionSet,
        );
      };

      it('pointwise convolutions: channels from 1 to more than two panels', async () => {
        for (const channels of [1, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 48, 63, 65, 80])
          for (const filters of [1, 8, 15, 17, 33])
            await check(
              `${channels} → ${filters}`,
              around([3, 3], channels, (b, x) => b.conv2d('tried', x, filters, 1)),
            );
      });

      it('pointwise convolutions: rows around those of tiles and blocks', async () => {
        for (const rows of [1, 5, 6, 7, 8, 13, 14, 15, 28, 29, 111, 112, 113, 225])
          await check(
            `${rows} rows`,
            around([rows, 1], 19, (b, x) => b.conv2d('tried', x, 21, 1)),
            2,
          );
      });

      it('large pointwise kernels, whose gradient is computed apart', async () => {
        for (const [channels, filters] of [
          [250, 300],
          [57, 1200],
          [1025, 70],
        ] as const)
          await check(
            `${channels} → ${filters}`,
            around([2, 3], channels, (b, x) => b.conv2d('tried', x, filters, 1)),
            3,
          );
      });

      it('convolutions of any kernel and stride, on odd and even sides', async () => {
        for (const kernel of [2, 3, 5])
          for (const stride of [1, 2, 3])
            for (const size of [
              [1, 1],
              [2, 5],
              [7, 4],
              [8, 9],
            ] as const)
              await check(
                `${kernel}x${kernel} / ${stride} on ${size.join('x')}`,
                around(size, 5, (b, x) => b.conv2d('tried', x, 18, kernel, stride)),
              );
      });

      it('the convolution that reads the pictures’ bytes', async () => {
        for (const kernel of [1, 3, 4])
          for (const stride of [1, 2])
            for (const channels of [1, 3, 4]) {
              const b = new GraphBuilder();
              const x = b.batchNorm('norm', b.conv2d('tried', b.input(9, 7, channels), 33, kernel, stride));
              const embedding = b.globalMaxPool('pool', b.relu6('relu', x));
              const graph = b.build('bytes', { embedding, scores: b.dense('logits', embedding, 4) });
              await check(`${kernel}x${kernel} / ${stride}, ${channels} channels`, graph, 3);
            }
      });

      it('depthwise convolutions of any kernel and stride, on odd and even sides', async () => {
        for (const kernel of [1, 2, 3, 5])
          for (const stride of [1, 2, 3])
            for (const size of [
              [1, 1],
              [1, 6],
              [2, 2],
              [3, 5],
              [8, 7],
              [9, 10],
            ] as const)
              for (const channels of [1, 16, 21])
                await check(
                  `${kernel}x${kernel} / ${stride} on ${size.join('x')}, ${channels} channels`,
                  around(size, channels, (b, x) => b.depthwiseConv2d('tried', x, kernel, stride)),
                );
      });

      it('more images than parts, and bands of rows where images are few', async () => {
        for (const count of [2, 15, 16, 17, 33, 40])
          await check(
            `${count} images`,
            around([5, 4], 9, (b, x) => b.depthwiseConv2d('tried', x, 3, 1)),
            count,
          );
      });

      it('residual sums, of different values and of one with itself', async () => {
        await check(
          'x + f(x)',
          around([4, 5], 17, (b, x) => b.add('sum', x, b.batchNorm('norm', b.conv2d('tried', x, 17, 1)))),
        );
        await check(
          'f(x) + x',
          around([4, 5], 17, (b, x) => b.add('sum', b.batchNorm('norm', b.conv2d('tried', x, 17, 1)), x)),
        );
        await check(
          'x + x',
          around([4, 5], 17, (b, x) => b.add('sum', x, x)),
        );
        await check(
          'two blocks',
          around([4, 5], 16, (b, x) => {
            const y = b.add('sum', x, b.batchNorm('norm', b.conv2d('tried', x, 16, 1)));
            return b.add(
              'sum2',
              y,
              b.batchNorm(
                'norm2',
                b.depthwiseConv2d('tried2', b.relu6('relu', b.batchNorm('norm1', b.conv2d('tried1', y, 16, 1))), 3),
              ),
            );
          }),
        );
      });

      it('keeps seven digits of a variance under a mean a thousand times as large', async () => {
        const b = new GraphBuilder();
        const x = b.batchNorm('norm', b.conv2d('tried', b.input(12, 12, 3), 20, 1));
        const embedding = b.globalMaxPool('pool', b.relu6('relu', x));
        const graph = b.build('far from zero', { embedding, scores: b.dense('logits', embedding, 3) });
        const random = Random.fromSeed(3);
        const values = randomValues(graph, random);
        const batch = randomBatch(graph, random, 4);
        // White pictures but for a trace of noise.
        batch.images.forEach((v, i) => (batch.images[i] = 254 + (v & 1)));
        values.get('tried/kernel')!.forEach((v, i, all) => (all[i] = Math.abs(v) + 1));
        await compareWithPlain('white pictures', graph, values, batch, instructionSet);
      });

      it('two hundred random networks', async () => {
        for (let seed = 0; seed < 200; seed++) {
          const random = Random.fromSeed(seed);
          const graph = randomGraph(random);
          const values = randomValues(graph, random);
          await compareWithPlain(
            `seed ${seed}`,
            graph,
            values,
            randomBatch(graph, random, 2 + random.integer(4)),
            instructionSet,
            1 + (seed % 3),
          );
        }
      });
    });
  }
});
