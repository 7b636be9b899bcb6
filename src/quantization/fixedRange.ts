import { quantizerOf } from '../core/fakeQuantize.js';
import type { InputNode, Node } from '../graph/graph.js';
import { pixelTables } from '../graph/pixelTables.js';
import type { Range } from './observers.js';

/** The range of pixels read as x / 127.5 − 1, so that a step is 1 / 128 and no pixel lies half way between two of them. */
export const PIXEL_RANGE: Range = [-1, 127 / 128];
/** Steps of 1 / 256 from the lowest integer on, which TFLite's LOGISTIC demands. */
export const SIGMOID_RANGE: Range = [0, 255 / 256];
/** Steps of 1 / 128 with the zero point 0, which TFLite's L2_NORMALIZATION demands. */
export const UNIT_RANGE: Range = [-1, 127 / 128];

/** Of a step: pixels nearer than that to the middle between two could fall to either side, as a runtime divides. */
const MARGIN = 1e-4;

/** The range of what a node gives, where it is known before anything is seen. */
export function fixedRange(node: Node): Range | undefined {
  switch (node.op) {
    case 'input':
      return node.values === 'pixels' ? pixelRange(node) : undefined;
    case 'sigmoid':
      return SIGMOID_RANGE;
    case 'l2Normalize':
      return UNIT_RANGE;
    default:
      return undefined;
  }
}

/**
 * All that bytes can stand for, and zero. Where the colours are scaled alike, a step is that of a byte, or up to an eighth more: no
 * pixel lies half way between two steps. An int8 input has one scale for all colours, so where they differ the finest loses levels.
 */
function pixelRange(input: InputNode): Range {
  if (!input.scaling) return PIXEL_RANGE;
  const values = pixelTables(input).flatMap((table) => [...table]);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  let range: Range = [low, high];
  for (let i = 0; i <= 64; i++) {
    range = [low * (1 + i / 512), high * (1 + i / 512)];
    const { scale } = quantizerOf(...range, 8);
    if (values.every((x) => Math.abs(Math.abs((x / scale) % 1) - 0.5) > MARGIN)) break;
  }
  return range;
}
