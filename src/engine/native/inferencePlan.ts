import { inputOf, type Node } from '../../graph/graph.js';
import type { PlanDescription } from './description.js';
import type { Model } from './model.js';
import { PlanBuilder, type Chain } from './planBuilder.js';

/**
 * Forward by the running statistics for one batch size. A convolution takes the batch norm, ReLU6 and residual sum that
 * follow it along: they are applied to its output before it is stored.
 */
export function planInference(model: Model, batch: number): PlanDescription {
  const builder = new PlanBuilder(model, batch);
  const values = new Map<string, Chain>();
  let pictures: Chain | undefined;

  const read = (name: string): Chain => {
    const value = values.get(name);
    if (value) return value;
    pictures ??= builder.input();
    return pictures;
  };
  const copy = (x: Chain): Chain => builder.produce(builder.shapeOf(x.tensor), { op: 'add', x: x.index });

  /** Nodes after a kernel that are part of it, and what they make of its output. */
  const tail = (node: Node) => {
    const names = [node.name];
    let next = model.onlyConsumerOf(node.name);
    let foldedBatchNorm: number | undefined;
    if (next?.op === 'batchNorm' && node.op !== 'dense') {
      foldedBatchNorm = model.batchNormOf(next);
      names.push(next.name);
      next = model.onlyConsumerOf(next.name);
    }
    const relu6 = next?.op === 'relu6';
    if (relu6) names.push(next!.name);
    let residual: number | undefined;
    if (next?.op === 'add' && node.op === 'conv2d') {
      const other = values.get(next.input === names.at(-1) ? next.other : next.input);
      if (other) {
        residual = other.tensor;
        names.push(next.name);
      }
    }
    return { names, epilogue: {
      ...(foldedBatchNorm === undefined ? {} : { foldedBatchNorm }),
      ...(relu6 ? { relu6 } : {}),
      ...(residual === undefined ? {} : { residual }),
    } }; // prettier-ignore
  };

  for (const node of model.graph.nodes) {
    if (node.op === 'input' || values.has(node.name)) continue;
    switch (node.op) {
      case 'conv2d':
      case 'dense':
      case 'depthwiseConv2d': {
        const input = inputOf(model.graph);
        const fromPictures = node.op === 'conv2d' && input.values === 'pixels' && input.name === node.input;
        const { names, epilogue } = tail(node);
        const out = builder.produce(node.shape, {
          op: node.op === 'depthwiseConv2d' ? 'depthwise' : 'conv',
          ...(fromPictures ? {} : { x: read(node.input).index }),
          kernel: model.kernelOf(node),
          stride: node.op === 'dense' ? 1 : node.stride,
          ...epilogue,
        });
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
    }
  }
  const last = model.graph.nodes.at(-1)!;
  const embeddings = last.op === 'dense' ? read(last.input).tensor : undefined;
  return builder.build({
    training: false,
    logits: read(last.name).tensor,
    ...(embeddings === undefined ? {} : { embeddings }),
  });
}
