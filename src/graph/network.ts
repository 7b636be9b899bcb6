import { BACKBONES, type BackboneName } from '../protocol/backbones.js';
import type { Graph } from './graph.js';
import { GraphBuilder, type Value } from './graphBuilder.js';
import { MOBILE_FACE_NET_EMBEDDING, mobileFaceNet } from './mobileFaceNet.js';
import { mobileNetV2 } from './mobileNetV2.js';
import { GIVEN, type NetworkOptions } from './networkOptions.js';

/**
 * Turns a picture into its embedding; the layers have Keras' names, so that Keras' weights load by name.
 *
 * @returns [1, 1, embedding]
 */
type Backbone = (b: GraphBuilder, options: NetworkOptions) => Value;

const BUILDERS: Readonly<Record<BackboneName, Backbone>> = {
  mobileNetV2: (b, options) => embedded(b, pooled(b, mobileNetV2(b, options), options), options),
  mobileFaceNet: (b, options) =>
    mobileFaceNet(b, { ...options, embedding: options.embedding ?? MOBILE_FACE_NET_EMBEDDING }),
};

/** Name of the linear layer that makes the embedding of features, where a network has one. */
const EMBEDDING = 'embedding';

function pooled(b: GraphBuilder, map: Value, { pooling }: NetworkOptions): Value {
  return pooling === 'max'
    ? b.globalMaxPool('global_max_pooling2d', map)
    : b.globalAveragePool('global_average_pooling2d', map);
}

/** The features themselves, or what a linear layer with batch norm makes of them, as face recognition has it. */
function embedded(b: GraphBuilder, features: Value, { embedding }: NetworkOptions): Value {
  if (embedding === undefined) return features;
  return b.batchNorm(`${EMBEDDING}_BN`, b.conv2d(EMBEDDING, features, embedding, 1));
}

/**
 * The vector that the last layers read, which lies in a network of other people as well: the features below the layer that
 * makes the embedding, where there is one, else the embedding.
 */
export function featuresOf({ nodes, outputs }: Graph): string {
  const layer = nodes.find(({ name }) => name === EMBEDDING);
  return layer?.op === 'conv2d' ? layer.input : outputs.embedding;
}

/**
 * A network: a backbone, which gives the embedding, and a dense layer that gives a score for each person.
 *
 * @param people 0 for a network that names nobody
 * @throws RangeError for a network that no builder makes
 */
export function networkOf(options: NetworkOptions, people: number): Graph {
  const { backbone, size, width, embedding: length, dropout } = options;
  if (backbone === GIVEN) throw new RangeError('this network lies as data in its checkpoints');
  const b = new GraphBuilder();
  const embedding = BUILDERS[backbone](b, options);
  const to = length === undefined ? '' : ` to ${length}`;
  const name = `${BACKBONES[backbone]} ${width.toFixed(2)} ${size}x${size}${to}`;
  if (people === 0) return b.build(name, { embedding });
  const scores = b.dense('predictions', dropout > 0 ? b.dropout('dropout', embedding, dropout) : embedding, people);
  return b.build(name, { embedding, scores });
}
