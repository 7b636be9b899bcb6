import { Random } from '../../src/core/random.js';
import { sizeOf } from '../../src/graph/graph.js';
import { mobileNetV2 } from './networks.js';
import { initialValues } from '../../src/graph/networkState.js';
import type { Checkpoint } from '../../src/runs/checkpoint.js';

export const sampleGraph = mobileNetV2({ size: 32, people: 3, width: 0.1 });

/** A checkpoint of that graph, after some epoch. */
export function sampleCheckpoint(step = 5, epoch = 2): Checkpoint {
  const random = Random.fromSeed(step);
  const some = (size: number) => Float32Array.from({ length: size }, () => random.between(-1, 1));
  const trainable = sampleGraph.parameters.filter((spec) => spec.trainable);
  return {
    position: { epoch, batch: 1, shuffle: [1, 2, 3, 0xffffffff] },
    session: {
      step,
      parameters: initialValues(sampleGraph, step),
      moments: new Map(
        trainable.map(({ name, shape }) => [name, { first: some(sizeOf(shape)), second: some(sizeOf(shape)) }]),
      ),
    },
  };
}
