import { decays } from '../engine.js';
import { inputOf, inputsOf, parametersOf, sizeOf, type Graph, type Node } from '../../graph/graph.js';
import type { BatchNormDescription, KernelDescription, ModelDescription } from './description.js';

/** A graph's kernels and batch norms as the native engine numbers them. */
export class Model {
  readonly description: ModelDescription;
  private readonly kernels = new Map<string, number>();
  private readonly batchNorms = new Map<string, number>();
  private readonly consumers = new Map<string, Node[]>();

  constructor(
    readonly graph: Graph,
    learningRateFactors: ReadonlyMap<string, number> = new Map(),
  ) {
    const index = new Map(graph.parameters.map(({ name }, i) => [name, i]));
    const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]));
    const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    const kernels: KernelDescription[] = [];
    const batchNorms: BatchNormDescription[] = [];
    for (const node of graph.nodes) {
      for (const input of inputsOf(node)) {
        if (!nodes.has(input)) throw new RangeError(`${node.name} reads ${input}, which does not exist`);
        this.consumers.set(input, [...(this.consumers.get(input) ?? []), node]);
      }
      for (const name of parametersOf(node))
        if (!index.has(name)) throw new RangeError(`${node.name} has no parameter ${name}`);
      if (node.op === 'conv2d' || node.op === 'depthwiseConv2d' || node.op === 'dense') {
        const shape = shapes.get(node.kernel)!;
        const [height, width, inChannels, last] =
          node.op === 'dense' ? [1, 1, shape[0]!, shape[1]!] : (shape as [number, number, number, number]);
        const fromInput = nodes.get(node.input)!.op === 'input';
        this.kernels.set(node.name, kernels.length);
        kernels.push({
          kind: node.op === 'conv2d' ? 'conv' : node.op === 'dense' ? 'dense' : 'depthwise',
          weights: index.get(node.kernel)!,
          ...(node.op === 'dense' ? { bias: index.get(node.bias)! } : {}),
          height,
          width,
          inChannels,
          outChannels: node.op === 'depthwiseConv2d' ? inChannels : last,
          pixels: fromInput && node.op === 'conv2d' && inputOf(graph).values === 'pixels',
          backward: !fromInput,
        });
      } else if (node.op === 'batchNorm') {
        this.batchNorms.set(node.name, batchNorms.length);
        batchNorms.push({
          channels: node.shape[2],
          epsilon: node.epsilon,
          gamma: index.get(node.gamma)!,
          beta: index.get(node.beta)!,
          mean: index.get(node.movingMean)!,
          variance: index.get(node.movingVariance)!,
        });
      }
    }
    for (const { name } of graph.nodes.slice(0, -1))
      if (!this.consumers.has(name)) throw new RangeError(`nothing reads ${name}, and it is not the last node`);
    this.description = {
      parameters: graph.parameters.map((spec) => ({
        size: sizeOf(spec.shape),
        trainable: spec.trainable,
        rate: learningRateFactors.get(spec.name) ?? 1,
        decay: decays(spec),
      })),
      kernels,
      batchNorms,
    };
  }

  kernelOf(node: Node): number {
    return this.kernels.get(node.name)!;
  }

  batchNormOf(node: Node): number {
    return this.batchNorms.get(node.name)!;
  }

  /** Name of the node of a batch norm. */
  batchNormName(index: number): string {
    return [...this.batchNorms].find(([, i]) => i === index)![0];
  }

  /** The one reader of a node's output, or undefined when there are none or several. */
  onlyConsumerOf(name: string): Node | undefined {
    const consumers = this.consumers.get(name);
    return consumers?.length === 1 ? consumers[0] : undefined;
  }
}
