import type { ExportOptions } from '../protocol/exportOptions.js';
import type { IntegerNetwork } from '../quantization/interpreter/integerNetwork.js';
import type { FloatNetwork } from './floatNetwork.js';

/**
 * What of a network goes into a file: all of it, or what leads to the embedding. Tensors keep their numbers.
 *
 * @throws RangeError for the embedding of a network that has none
 */
export function partOf<T extends FloatNetwork | IntegerNetwork>(network: T, part: ExportOptions['part']): T {
  if (part === 'classifier') return network;
  const { embedding } = network.outputs;
  if (embedding === undefined) throw new RangeError(`${network.name} has no embedding`);
  const needed = new Set([embedding]);
  // An operation stands after those that it reads.
  const operations = [...network.operations].reverse().filter((operation) => {
    if (!needed.has(operation.output)) return false;
    needed.add(operation.input);
    if ('other' in operation) needed.add(operation.other);
    return true;
  });
  return {
    ...network,
    name: `${network.name} embedding`,
    operations: operations.reverse(),
    outputs: { embedding },
  };
}
