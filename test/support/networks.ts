import type { Graph } from '../../src/graph/graph.js';
import { networkOf } from '../../src/graph/network.js';
import { networkOptionsOf, type NetworkOptions } from '../../src/graph/networkOptions.js';

/** MobileNetV2 for so many people; of full width, with maxima and without dropout where a test says nothing. */
export function mobileNetV2(options: Partial<NetworkOptions> & { size: number; people: number }): Graph {
  return networkOf(networkOptionsOf({ width: 1, pooling: 'max', ...options }), options.people);
}
