import { headLayerOf, type Node } from '../../graph/graph.js';
import type { PlanDescription } from './description.js';
import type { Model } from './model.js';
import { PlanBuilder, type Chain } from './planBuilder.js';

type FakeQuant = Extract<Node, { op: 'fakeQuant' }>;
type Kernel = Extract<Node, { op: 'conv2d' | 'depthwiseConv2d' | 'dense' }>;

/**
 * Forward by the running statistics for one batch size. A convolution takes the batch norm, ReLU6 and residual sum that
 * follow it along, and the quantizers between and behind them: they are applied to its output before it is stored.
 *
 * @param observing looks at every tensor before it is rounded; such a plan runs with no quantizer of activations active
 */
export function planInference(model: Model, batch: number, observing = false): PlanDescription {
  const builder = new PlanBuilder(model, batch);
  const values = new Map<string, Chain>();
  let pictures: Chain | undefined;

  const read = (name: string): Chain => {
    const value = values.get(name);
    if (value) return value;
    pictures ??= builder.input();
    return pictures;
  };
  const copy = (x: Chain, quantizer?: number): Chain =>
    builder.produce(builder.shapeOf(x.tensor), {
      op: 'add',
      x: x.index,
      ...(quantizer === undefined ? {} : { quantizer }),
    });
  const observe = (tensor: number, node: FakeQuant) => {
    if (node.observed) builder.forward.push({ op: 'observe', out: tensor, quantizer: model.quantizerOf(node) });
  };

  /** Nodes after a kernel that are part of it, and what they make of its output. */
  const tail = (node: Kernel) => {
    const names = [node.name];
    let next = model.onlyConsumerOf(node.name);
    const take = <T extends Node>(taken: T): T => {
      names.push(taken.name);
      next = model.onlyConsumerOf(taken.name);
      return taken;
    };
    let foldedBatchNorm = node.op !== 'dense' && node.norm ? model.batchNormOf(node) : undefined;
    if (next?.op === 'batchNorm' && node.op !== 'dense') foldedBatchNorm = model.batchNormOf(take(next));
    const relu6 = next?.op === 'relu6';
    if (next?.op === 'relu6') take(next);
    // What is observed has to be stored first.
    const quantizer = next?.op === 'fakeQuant' ? take(next) : undefined;
    const other = next?.op === 'add' && node.op === 'conv2d' && !observing ? next : undefined;
    const residual = other && values.get(other.input === names.at(-1) ? other.other : other.input);
    if (residual) take(other);
    const sumQuantizer = residual && next?.op === 'fakeQuant' ? take(next) : undefined;
    return {
      names,
      quantizer,
      epilogue: {
        ...(foldedBatchNorm === undefined ? {} : { foldedBatchNorm }),
        ...(relu6 ? { relu6 } : {}),
        ...(quantizer ? { quantizer: model.quantizerOf(quantizer) } : {}),
        ...(residual ? { residual: residual.tensor } : {}),
        ...(sumQuantizer ? { sumQuantizer: model.quantizerOf(sumQuantizer) } : {}),
      },
    };
  };

  for (const node of model.graph.nodes) {
    if (node.op === 'input' || values.has(node.name)) continue;
    switch (node.op) {
      case 'conv2d':
      case 'dense':
      case 'depthwiseConv2d': {
        const { names, epilogue, quantizer } = tail(node);
        const out = builder.produce(node.shape, {
          op: node.op === 'depthwiseConv2d' ? 'depthwise' : 'conv',
          ...(model.readsPictures(node) ? {} : { x: read(node.input).index }),
          kernel: model.kernelOf(node),
          stride: node.op === 'dense' ? 1 : node.stride,
          ...epilogue,
        });
        if (observing && quantizer) observe(out.tensor, quantizer);
        for (const name of names) values.set(name, out);
        break;
      }
      case 'batchNorm':
      case 'relu6': {
        // A view of its own on the tensor, read once.
        const x = read(node.input);
        const view = builder.chain(x.tensor, x.producer);
        if (node.op === 'relu6') view.relu6 = true;
        else view.batchNorm = model.batchNormOf(node);
        values.set(node.name, copy(view));
        break;
      }
      case 'add':
        values.set(
          node.name,
          builder.produce(node.shape, { op: 'add', x: read(node.input).index, y: read(node.other).index }),
        );
        break;
      case 'globalMaxPool':
      case 'globalAveragePool': {
        const max = node.op === 'globalMaxPool';
        values.set(node.name, builder.produce(node.shape, { op: 'pool', x: read(node.input).index, max }));
        break;
      }
      case 'dropout':
        values.set(node.name, read(node.input));
        break;
      case 'fakeQuant': {
        // Convolutions round the pictures' bytes themselves.
        const reader = (other: Node) => model.readsPictures(other);
        if (!values.has(node.input) && model.consumersOf(node.name).every(reader)) break;
        const x = read(node.input);
        if (observing) observe(x.tensor, node);
        values.set(node.name, copy(x, model.quantizerOf(node)));
      }
    }
  }
  const last = model.graph.nodes.at(-1)!;
  const head = headLayerOf(model.graph);
  const embeddings = head && read(head.input).tensor;
  return builder.build({
    training: false,
    logits: read(last.name).tensor,
    ...(embeddings === undefined ? {} : { embeddings }),
  });
}
