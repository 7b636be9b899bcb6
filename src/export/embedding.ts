import type { IntegerNetwork } from '../quantization/interpreter/integerNetwork.js';
import type { FloatNetwork } from './floatNetwork.js';

/**
 * The network without its last layer: the output is what that layer reads.
 *
 * @throws RangeError when the last operation is no dense layer
 */
export function embeddingOf<T extends FloatNetwork | IntegerNetwork>(network: T): T {
  const last = network.operations.at(-1);
  if (last?.op !== 'dense' || last.output !== network.output)
    throw new RangeError(`${network.name} does not end with a dense layer`);
  return {
    ...network,
    name: `${network.name} embedding`,
    operations: network.operations.slice(0, -1),
    output: last.input,
  };
}
