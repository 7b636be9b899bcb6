import type { Nodes } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';
import { add } from './add.js';
import { batchNorm } from './batchNorm.js';
import { concat } from './concat.js';
import { conv2d } from './conv2d.js';
import { dense } from './dense.js';
import { depthwiseConv2d } from './depthwiseConv2d.js';
import { dropout } from './dropout.js';
import { fakeQuant } from './fakeQuant.js';
import { globalAveragePool } from './globalAveragePool.js';
import { globalMaxPool } from './globalMaxPool.js';
import { input } from './input.js';
import { l2Normalize } from './l2Normalize.js';
import { maxPool } from './maxPool.js';
import { multiply } from './multiply.js';
import { prelu } from './prelu.js';
import { relu6 } from './relu6.js';
import { sigmoid } from './sigmoid.js';

const OPERATIONS: { readonly [Op in keyof Nodes]: TfjsOperation<Nodes[Op]> } = {
  ...{ input, conv2d, depthwiseConv2d, batchNorm, relu6, add },
  ...{ globalMaxPool, globalAveragePool, dropout, dense, fakeQuant },
  ...{ prelu, sigmoid, multiply, concat, maxPool, l2Normalize },
};

export function operationOf<Op extends keyof Nodes>(op: Op): TfjsOperation<Nodes[Op]> {
  return OPERATIONS[op];
}
