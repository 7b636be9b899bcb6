import { BACKBONES, type BackboneName } from '../protocol/backbones.js';
import type { Graph } from './graph.js';
import { GraphBuilder, type Value } from './graphBuilder.js';
import { mobileNetV2 } from './mobileNetV2.js';
import { GIVEN, type NetworkOptions } from './networkOptions.js';

/**
 * Turns a picture into a map of features; the layers have Keras' names, so that Keras' weights load by name.
 *
 * @returns [h, w, features]
 */
type Backbone = (b: GraphBuilder, options: NetworkOptions) => Value;

const BUILDERS: Readonly<Record<BackboneName, Backbone>> = { mobileNetV2 };

/**
 * A network: a backbone, global pooling, which gives the embedding, and a dense layer that gives a score for each person.
 *
 * @param people 0 for a network that names nobody
 * @throws RangeError for a network that no builder makes
 */
export function networkOf(options: NetworkOptions, people: number): Graph {
  const { backbone, size, width, pooling, dropout } = options;
  if (backbone === GIVEN) throw new RangeError('this network lies as data in its checkpoints');
  const b = new GraphBuilder();
  const map = BUILDERS[backbone](b, options);
  const embedding =
    pooling === 'max'
      ? b.globalMaxPool('global_max_pooling2d', map)
      : b.globalAveragePool('global_average_pooling2d', map);
  const name = `${BACKBONES[backbone]} ${width.toFixed(2)} ${size}x${size}`;
  if (people === 0) return b.build(name, { embedding });
  const scores = b.dense('predictions', dropout > 0 ? b.dropout('dropout', embedding, dropout) : embedding, people);
  return b.build(name, { embedding, scores });
}
