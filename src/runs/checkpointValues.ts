import { UserError } from '../core/userError.js';
import { sizeOf, type Graph } from '../graph/graph.js';
import type { ParameterValues } from '../graph/networkState.js';

/**
 * That a checkpoint holds what its network is made of.
 *
 * @throws UserError `checkpoint-damaged`
 */
export function requireValues(graph: Graph, parameters: ParameterValues, checkpoint: string): void {
  for (const { name, shape } of graph.parameters)
    if (parameters.get(name)?.length !== sizeOf(shape))
      throw new UserError(
        'checkpoint-damaged',
        `The checkpoint “${checkpoint}” is damaged: it does not hold ${name} as its network has it.`,
        'Use another checkpoint of the run.',
      );
}
