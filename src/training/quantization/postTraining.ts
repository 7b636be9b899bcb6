import type { Engine } from '../../engine/engine.js';
import type { Graph } from '../../graph/graph.js';
import type { ParameterValues } from '../../graph/networkState.js';
import type { ObserverName } from '../../protocol/quantizationOptions.js';
import { initialRanges, quantizeGraph } from '../../quantization/quantizeGraph.js';
import { calibrate, type Batches } from './calibrate.js';
import { equalizeSession } from './equalizeSession.js';

/** A network for int8 hardware: the graph with its quantizers, and all parameters, ranges among them. */
export interface QuantizedNetwork {
  readonly graph: Graph;
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/**
 * Post-training quantization: channels are equalized and ranges chosen by some pictures, no weight is trained.
 *
 * @throws UserError `not-quantizable`
 */
export async function quantizeAfterTraining(
  engine: Engine,
  float: Graph,
  parameters: ParameterValues,
  batches: Batches,
  observer: ObserverName = 'entropy',
): Promise<QuantizedNetwork> {
  const graph = quantizeGraph(float);
  const session = engine.createSession(graph, new Map([...parameters, ...initialRanges(graph)]));
  try {
    await equalizeSession(graph, session, batches);
    const ranges = await calibrate(graph, session, batches, observer);
    session.assign(new Map([...ranges].map(([name, range]) => [name, Float32Array.from(range)])));
    const state = await session.readState();
    return { graph, parameters: new Map([...state.parameters].map(([name, values]) => [name, values.slice()])) };
  } finally {
    session.dispose();
  }
}
