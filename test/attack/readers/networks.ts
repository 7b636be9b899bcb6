import { Random } from '../../../src/core/random.js';
import type { ExportSource } from '../../../src/export/exportSource.js';
import { sizeOf } from '../../../src/graph/graph.js';
import { GraphBuilder } from '../../../src/graph/graphBuilder.js';
import { initialValues } from '../../../src/graph/networkState.js';
import { quantization } from '../../../src/protocol/quantizationOptions.js';
import { initialRanges, quantizeGraph } from '../../../src/quantization/quantizeGraph.js';
import type { Checkpoint } from '../../../src/runs/checkpoint.js';
import { randomFaceGraph, randomFaceValues } from '../../support/randomFaceGraph.js';
import { givenSource } from '../../support/realFaces.js';

// Networks of a few kilobytes: a hostile file of them is written and read in the time that a large one takes to be copied.

export const SIDE = 12;
export const PEOPLE = ['Anna', 'Bo', 'Cy'];

function build() {
  const b = new GraphBuilder();
  const first = b.relu6('relu', b.batchNorm('norm', b.conv2d('conv', b.input(SIDE, SIDE, 3), 4, 3, 2)));
  const second = b.batchNorm('norm2', b.depthwiseConv2d('depthwise', first, 3, 1));
  const pool = b.globalAveragePool('pool', b.add('add', first, second));
  return b.build('Tiny', { embedding: pool, scores: b.dense('dense', pool, PEOPLE.length) });
}

/** Whatever can be quantized. */
export const tinyGraph = build();

export function tinyCheckpoint(): Checkpoint {
  const moments = (size: number) => ({ first: new Float32Array(size), second: new Float32Array(size).fill(1) });
  const trained = tinyGraph.parameters.filter(({ trainable }) => trainable);
  return {
    position: { epoch: 1, batch: 0, shuffle: [1, 2, 3, 4] },
    session: {
      ...{ step: 10, parameters: initialValues(tinyGraph, 1) },
      moments: new Map(trained.map(({ name, shape }) => [name, moments(sizeOf(shape))])),
    },
  };
}

/** As a checkpoint of it is exported; its facts and its graph lie in the file. */
export const tinySource: ExportSource = givenSource(
  { graph: tinyGraph, parameters: initialValues(tinyGraph, 1) },
  PEOPLE,
);

/** Calibrated by nothing but a range that covers everything. */
export function quantizedSource(): ExportSource {
  const options = quantization.parse({});
  const ranges = [...initialRanges(quantizeGraph(tinyGraph, options)).keys()];
  const all = [...tinySource.parameters, ...ranges.map((name) => [name, Float32Array.of(-8, 8)] as const)];
  return { ...tinySource, quantization: options, parameters: new Map(all) };
}

/** With the operations of face networks; gives embeddings. */
export function faceSources(count: number): ExportSource[] {
  const random = Random.fromSeed(3);
  return Array.from({ length: count }, () => {
    const graph = randomFaceGraph(random);
    return givenSource({ graph, parameters: randomFaceValues(graph, random) });
  });
}
