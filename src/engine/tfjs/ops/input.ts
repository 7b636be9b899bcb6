import type { InputNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const input: TfjsOperation<InputNode> = {
  forward: (_, pass) => pass.input,
  /** Nobody needs the gradient of the pictures; a loss may read them as the embedding all the same. */
  backward: () => undefined,
};
