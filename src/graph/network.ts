import { BACKBONES, type BackboneName } from '../protocol/backbones.js';
import { withCosineHead } from './cosineHead.js';
import type { Graph } from './graph.js';
import { GraphBuilder, type Value } from './graphBuilder.js';
import { MOBILE_FACE_NET_EMBEDDING, mobileFaceNet } from './mobileFaceNet.js';
import { mobileNetV2 } from './mobileNetV2.js';
import { GIVEN, type NetworkOptions } from './networkOptions.js';

/**
 * Turns a picture into features; the layers have Keras' names, so that Keras' weights load by name.
 *
 * @returns [1, 1, C]
 */
type Backbone = (b: GraphBuilder, options: NetworkOptions) => Value;

const BUILDERS: Readonly<Record<BackboneName, Backbone>> = {
  mobileNetV2: (b, options) => pooled(b, mobileNetV2(b, options), options),
  mobileFaceNet: (b, options) => mobileFaceNet(b, options),
};

/** Name of the linear layer that makes the embedding of features, where a network has one. */
const EMBEDDING = 'embedding';
const DROPOUT = 'dropout';

function pooled(b: GraphBuilder, map: Value, { pooling }: NetworkOptions): Value {
  return pooling === 'max'
    ? b.globalMaxPool('global_max_pooling2d', map)
    : b.globalAveragePool('global_average_pooling2d', map);
}

/** What a linear layer with batch norm makes of features, as face recognition has it. */
function embedded(b: GraphBuilder, features: Value, length: number): Value {
  return b.batchNorm(`${EMBEDDING}_BN`, b.conv2d(EMBEDDING, features, length, 1));
}

/**
 * The vector that the last layers read, which lies in a network of other people as well: the features below the layer that
 * makes the embedding, where there is one, else the embedding.
 */
export function featuresOf({ nodes, outputs }: Graph): string {
  const layer = nodes.find(({ name }) => name === EMBEDDING);
  if (layer?.op !== 'conv2d') return outputs.embedding;
  const below = nodes.find(({ name }) => name === layer.input);
  return below?.op === 'dropout' ? below.input : layer.input;
}

/**
 * A network: a backbone, a linear layer that makes the embedding of its features where one is asked for, and what gives a score for
 * each person: a dense layer, or the cosine to each person's vector.
 *
 * @param people 0 for a network that names nobody
 * @throws RangeError for a network that no builder makes
 */
export function networkOf(options: NetworkOptions, people: number): Graph {
  const { backbone, size, width, dropout, head } = options;
  if (backbone === GIVEN) throw new RangeError('this network lies as data in its checkpoints');
  const length = options.embedding ?? (backbone === 'mobileFaceNet' ? MOBILE_FACE_NET_EMBEDDING : undefined);
  const to = options.embedding === undefined ? '' : ` to ${options.embedding}`;
  const name = `${BACKBONES[backbone]} ${width.toFixed(2)} ${size}x${size}${to}`;
  const b = new GraphBuilder();
  const dropped = (x: Value) => (people > 0 && dropout > 0 ? b.dropout(DROPOUT, x, dropout) : x);
  const features = BUILDERS[backbone](b, options);
  // A vector whose direction counts is not to lose a part of itself.
  const read = head === 'cosine' ? dropped(features) : features;
  const embedding = length === undefined ? read : embedded(b, read, length);
  if (head === 'cosine') {
    const body = b.build(name, { embedding });
    return people === 0 ? body : withCosineHead(body, people);
  }
  if (people === 0) return b.build(name, { embedding });
  return b.build(name, { embedding, scores: b.dense('predictions', dropped(embedding), people) });
}
