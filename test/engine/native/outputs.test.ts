import assert from 'node:assert/strict';
import type { OutputName } from '../../../src/core/losses/loss.js';
import { Random } from '../../../src/core/random.js';
import { widthOf, type Graph } from '../../../src/graph/graph.js';
import { randomBatch } from './comparing.js';
import { plainLinear } from './plainNetwork.js';
import { randomGraph, randomValues } from './randomGraph.js';

/** What a loss may read: the gradient starts at each of them. */
const READS: readonly (readonly OutputName[])[] = [['embedding'], ['scores'], ['embedding', 'scores']];

function randomEnds(graph: Graph, reads: readonly OutputName[], count: number, random: Random) {
  const factors = (name: OutputName) =>
    Float64Array.from({ length: count * widthOf(graph, name) }, () => random.between(-1, 1));
  return new Map(reads.map((name) => [graph.outputs[name]!, factors(name)]));
}

describe('the way back of plain loops', () => {
  it('starts at the embedding, at the scores, at both: finite differences', () => {
    let compared = 0;
    for (let seed = 0; seed < 12; seed++) {
      const random = Random.fromSeed(seed);
      const graph = randomGraph(random);
      const values = new Map<string, ArrayLike<number>>(randomValues(graph, random));
      const { images } = randomBatch(graph, random, 3);
      for (const reads of READS) {
        const ends = randomEnds(graph, reads, 3, random);
        const { gradients } = plainLinear(graph, values, images, 3, ends);
        const largest = Math.max(...[...gradients.values()].flatMap((g) => [...g].map(Math.abs)));
        for (const [name, gradient] of gradients) {
          const at = random.integer(gradient.length);
          const moved = (by: number) => {
            const changed = Float64Array.from(values.get(name)!);
            changed[at]! += by;
            return plainLinear(graph, new Map([...values, [name, changed]]), images, 3, ends).loss;
          };
          // A step across the border of a ReLU6 or to another maximum makes the two sides differ: then both are no derivative.
          const [up, down, here] = [moved(1e-6), moved(-1e-6), moved(0)];
          if (Math.abs(up - 2 * here + down) > 1e-3 * Math.abs(up - down) + 1e-10 * largest) continue;
          compared++;
          const difference = (up - down) / 2e-6;
          const off = Math.abs(difference - gradient[at]!);
          assert.ok(
            off < 1e-4 * largest + 1e-6,
            `seed ${seed}, ${reads.join(' and ')}, ${name}[${at}]: ${gradient[at]}, difference ${difference}`,
          );
        }
      }
    }
    assert.ok(compared > 200, `${compared} compared`);
  });
});
