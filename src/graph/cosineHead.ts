import { meanDirection, normalizeRows } from '../core/cosine.js';
import { transpose } from '../core/transpose.js';
import type { Graph, Node } from './graph.js';

/** Names of what a cosine head adds to a network. */
const UNIT = 'embedding_unit';
const HEAD = 'predictions';
const KERNEL = `${HEAD}/kernel`;
const BIAS = `${HEAD}/bias`;

/**
 * A network that gives an embedding, with scores: the embedding becomes a unit vector, and each person's score is its cosine to
 * the person's own vector, times a scale: a dense layer whose columns are as long as the scale and whose biases are zero
 * (`fitColumns` keeps them so). A column's direction is what a recognizer compares that person by.
 *
 * @throws RangeError when the embedding is no vector
 */
export function withCosineHead(body: Graph, people: number): Graph {
  const { embedding } = body.outputs;
  const [height, width, length] = body.nodes.find(({ name }) => name === embedding)!.shape;
  if (height !== 1 || width !== 1) throw new RangeError(`${body.name} gives a map, not a vector`);
  const nodes: readonly Node[] = [
    { op: 'l2Normalize', name: UNIT, input: embedding, shape: [1, 1, length] },
    { op: 'dense', name: HEAD, input: UNIT, kernel: KERNEL, bias: BIAS, shape: [1, 1, people] },
  ];
  return {
    name: body.name,
    nodes: [...body.nodes, ...nodes],
    parameters: [
      ...body.parameters,
      { name: KERNEL, shape: [length, people], initializer: 'glorotUniform', trainable: true },
      { name: BIAS, shape: [people], initializer: 'zeros', trainable: true },
    ],
    outputs: { embedding: UNIT, scores: HEAD },
  };
}

/** A network with a cosine head as it is for another number of people. */
export function withPeople(graph: Graph, people: number): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => (node.name === HEAD ? { ...node, shape: [1, 1, people] } : node)),
    parameters: graph.parameters.map((spec) =>
      spec.name === KERNEL || spec.name === BIAS ? { ...spec, shape: [...spec.shape.slice(0, -1), people] } : spec,
    ),
  };
}

/** What a cosine head consists of, by the names that `withCosineHead` gives them. */
export const COSINE_HEAD = { kernel: KERNEL, bias: BIAS } as const;

/** Whether the scores of a network are those of a cosine head. */
export function hasCosineHead({ nodes, outputs: { scores, embedding } }: Graph): boolean {
  const head = nodes.find(({ name }) => name === scores);
  const unit = nodes.find(({ name }) => name === embedding);
  return head?.op === 'dense' && head.kernel === KERNEL && head.input === embedding && unit?.op === 'l2Normalize';
}

/**
 * A head that knows people before any training (Qi et al. 2018, "imprinted weights"): each column is the direction of the mean of
 * the person's embeddings, as long as the scale.
 *
 * @param embeddings of each person, unit vectors [E]
 * @returns parameters by name: kernel [E, people], bias [people]
 */
export function imprintedHead(
  embeddings: readonly (readonly Float32Array[])[],
  scale: number,
): Map<string, Float32Array> {
  const people = embeddings.length;
  const length = embeddings[0]?.[0]?.length ?? 0;
  const kernel = new Float32Array(length * people);
  embeddings.forEach((own, person) => {
    const mean = meanDirection(own);
    for (let i = 0; i < length; i++) kernel[i * people + person] = mean[i]! * scale;
  });
  return new Map([
    [KERNEL, kernel],
    [BIAS, new Float32Array(people)],
  ]);
}

/**
 * The vectors that people are compared by, out of a head.
 *
 * @param kernel [E, people]
 * @returns [people, E], unit rows
 */
export function prototypesOf(kernel: Float32Array, people: number): Float32Array {
  const length = kernel.length / people;
  return normalizeRows(transpose(kernel, length), length);
}

/** A kernel [E, people] with every column as long as the scale; a new array. */
export function fitColumns(kernel: Float32Array, people: number, scale: number): Float32Array {
  const squares = new Float64Array(people);
  for (let i = 0; i < kernel.length; i++) squares[i % people]! += kernel[i]! ** 2;
  const factors = squares.map((square) => scale / Math.max(Math.sqrt(square), 1e-12));
  return kernel.map((value, i) => value * factors[i % people]!);
}
