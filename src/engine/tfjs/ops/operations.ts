import type { Node, Nodes } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';
import { add } from './add.js';
import { batchNorm } from './batchNorm.js';
import { conv2d } from './conv2d.js';
import { dense } from './dense.js';
import { depthwiseConv2d } from './depthwiseConv2d.js';
import { dropout } from './dropout.js';
import { fakeQuant } from './fakeQuant.js';
import { globalAveragePool } from './globalAveragePool.js';
import { globalMaxPool } from './globalMaxPool.js';
import { input } from './input.js';
import { relu6 } from './relu6.js';

const notYet: TfjsOperation<Node> = {
  forward({ op }) {
    throw new RangeError(`TensorFlow.js does not compute ${op} here yet`);
  },
  backward() {},
};

const OPERATIONS: { readonly [Op in keyof Nodes]: TfjsOperation<Nodes[Op]> } = {
  ...{ input, conv2d, depthwiseConv2d, batchNorm, relu6, add },
  ...{ globalMaxPool, globalAveragePool, dropout, dense, fakeQuant },
  prelu: notYet,
  sigmoid: notYet,
  multiply: notYet,
  concat: notYet,
  maxPool: notYet,
  l2Normalize: notYet,
};

export function operationOf<Op extends keyof Nodes>(op: Op): TfjsOperation<Nodes[Op]> {
  return OPERATIONS[op];
}
