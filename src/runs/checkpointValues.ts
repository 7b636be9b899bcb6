import { sizeOf, type Graph } from '../graph/graph.js';
import { networkOf } from '../graph/network.js';
import { GIVEN } from '../graph/networkOptions.js';
import type { ParameterValues } from '../graph/networkState.js';
import type { ReadCheckpoint } from './checkpoint.js';
import type { CheckpointRun } from './checkpointRun.js';
import { damagedCheckpoint } from './damagedCheckpoint.js';

/**
 * That a checkpoint holds what its network is made of.
 *
 * @throws UserError `checkpoint-damaged`
 */
export function requireValues(graph: Graph, parameters: ParameterValues, checkpoint: string): void {
  for (const { name, shape } of graph.parameters)
    if (parameters.get(name)?.length !== sizeOf(shape))
      throw damagedCheckpoint(checkpoint, `it does not hold ${name} as its network has it`);
}

/**
 * The network of a checkpoint in float: as it lies there, or as its run tells of it.
 *
 * @throws UserError `checkpoint-damaged`
 */
export function floatNetworkOf(
  checkpoint: string,
  { network: given, session }: Pick<ReadCheckpoint, 'network' | 'session'>,
  { network, people }: Pick<CheckpointRun, 'network' | 'people'>,
): Graph {
  if (!given && network.backbone === GIVEN) throw damagedCheckpoint(checkpoint, 'its network is missing');
  const float = given ?? networkOf(network, people.length);
  requireValues(float, session.parameters, checkpoint);
  return float;
}
