import type { Graph, Initializer, InputNode, Node, Padding, ParameterSpec, Scaling, Shape } from './graph.js';

/** A node already in the graph, with the shape of its output. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
}

/** What a convolution has beside its kernel. */
export interface Beside {
  readonly bias?: boolean;
  /** SAME when absent. */
  readonly padding?: Padding;
}

/**
 * Output of a window that moves over a map; of SAME padding, which is meant where none is given, ceil(side / stride), as
 * TensorFlow has it.
 */
export function windowed(
  [height, width]: Shape,
  [kernelHeight, kernelWidth]: readonly [number, number],
  stride: number,
  channels: number,
  padding: Padding | undefined,
): Shape {
  if (!padding) return [Math.ceil(height / stride), Math.ceil(width / stride), channels];
  const steps = (side: number, kernel: number) => Math.floor((side - kernel) / stride) + 1;
  const { top, bottom, left, right } = padding;
  return [steps(height + top + bottom, kernelHeight), steps(width + left + right, kernelWidth), channels];
}

/** Builds a graph node by node; the names are Keras' so that its weights load by name. */
export class GraphBuilder {
  private readonly nodes: Node[] = [];
  private readonly parameters: ParameterSpec[] = [];

  input(
    height: number,
    width: number,
    channels: number,
    values: InputNode['values'] = 'pixels',
    scaling?: Scaling,
  ): Value {
    return this.push({
      ...{ op: 'input', name: 'input', values, shape: [height, width, channels] },
      ...(scaling && { scaling }),
    });
  }

  conv2d(name: string, x: Value, filters: number, kernelSize: number, stride = 1, beside: Beside = {}): Value {
    const kernel = this.parameter(`${name}/kernel`, [kernelSize, kernelSize, x.shape[2], filters], 'glorotUniform');
    const shape = windowed(x.shape, [kernelSize, kernelSize], stride, filters, beside.padding);
    return this.push({
      ...{ op: 'conv2d', name, input: x.name, stride, kernel, shape },
      ...this.beside(name, filters, beside),
    });
  }

  depthwiseConv2d(name: string, x: Value, kernelSize: number, stride = 1, beside: Beside = {}): Value {
    const channels = x.shape[2];
    const kernel = this.parameter(`${name}/depthwise_kernel`, [kernelSize, kernelSize, channels, 1], 'glorotUniform');
    const shape = windowed(x.shape, [kernelSize, kernelSize], stride, channels, beside.padding);
    return this.push({
      ...{ op: 'depthwiseConv2d', name, input: x.name, stride, kernel, shape },
      ...this.beside(name, channels, beside),
    });
  }

  private beside(name: string, channels: number, { bias, padding }: Beside): { bias?: string; padding?: Padding } {
    return {
      ...(bias && { bias: this.parameter(`${name}/bias`, [channels], 'zeros') }),
      ...(padding && { padding }),
    };
  }

  batchNorm(name: string, x: Value, epsilon = 1e-3): Value {
    const channels = [x.shape[2]];
    return this.push({
      op: 'batchNorm',
      name,
      input: x.name,
      epsilon,
      gamma: this.parameter(`${name}/gamma`, channels, 'ones'),
      beta: this.parameter(`${name}/beta`, channels, 'zeros'),
      movingMean: this.parameter(`${name}/moving_mean`, channels, 'zeros', false),
      movingVariance: this.parameter(`${name}/moving_variance`, channels, 'ones', false),
      shape: x.shape,
    });
  }

  relu6(name: string, x: Value): Value {
    return this.push({ op: 'relu6', name, input: x.name, shape: x.shape });
  }

  /** @param trainable false for a plain ReLU, whose slopes stay 0 */
  prelu(name: string, x: Value, trainable = true, initializer: Initializer = 'zeros'): Value {
    const slope = this.parameter(`${name}/alpha`, [x.shape[2]], initializer, trainable);
    return this.push({ op: 'prelu', name, input: x.name, slope, shape: x.shape });
  }

  sigmoid(name: string, x: Value): Value {
    return this.push({ op: 'sigmoid', name, input: x.name, shape: x.shape });
  }

  /** @param factors [1, 1, C] */
  multiply(name: string, x: Value, factors: Value): Value {
    const [height, width, channels] = factors.shape;
    if (height !== 1 || width !== 1 || channels !== x.shape[2])
      throw new Error(`${name}: [${x.shape.join()}] · [${factors.shape.join()}]`);
    return this.push({ op: 'multiply', name, input: x.name, other: factors.name, shape: x.shape });
  }

  concat(name: string, x: Value, y: Value): Value {
    const [height, width, channels] = x.shape;
    if (y.shape[0] !== height || y.shape[1] !== width)
      throw new Error(`${name}: [${x.shape.join()}] beside [${y.shape.join()}]`);
    const shape: Shape = [height, width, channels + y.shape[2]];
    return this.push({ op: 'concat', name, input: x.name, other: y.name, shape });
  }

  maxPool(name: string, x: Value, kernelSize: number, stride: number, padding: Padding): Value {
    const shape = windowed(x.shape, [kernelSize, kernelSize], stride, x.shape[2], padding);
    return this.push({ op: 'maxPool', name, input: x.name, kernelSize, stride, padding, shape });
  }

  /** @param x [1, 1, C] */
  l2Normalize(name: string, x: Value): Value {
    return this.push({ op: 'l2Normalize', name, input: x.name, shape: x.shape });
  }

  add(name: string, x: Value, y: Value): Value {
    if (x.shape.some((n, i) => n !== y.shape[i])) throw new Error(`${name}: [${x.shape.join()}] + [${y.shape.join()}]`);
    return this.push({ op: 'add', name, input: x.name, other: y.name, shape: x.shape });
  }

  globalMaxPool(name: string, x: Value): Value {
    return this.push({ op: 'globalMaxPool', name, input: x.name, shape: [1, 1, x.shape[2]] });
  }

  globalAveragePool(name: string, x: Value): Value {
    return this.push({ op: 'globalAveragePool', name, input: x.name, shape: [1, 1, x.shape[2]] });
  }

  /** @param rate share that becomes zero, in [0, 1) */
  dropout(name: string, x: Value, rate: number): Value {
    return this.push({ op: 'dropout', name, input: x.name, rate, shape: x.shape });
  }

  dense(name: string, x: Value, units: number): Value {
    const kernel = this.parameter(`${name}/kernel`, [x.shape[2], units], 'glorotUniform');
    const bias = this.parameter(`${name}/bias`, [units], 'zeros');
    return this.push({ op: 'dense', name, input: x.name, kernel, bias, shape: [1, 1, units] });
  }

  build(name: string, { embedding, scores }: { embedding: Value; scores?: Value }): Graph {
    const outputs = { embedding: embedding.name, ...(scores && { scores: scores.name }) };
    return { name, nodes: [...this.nodes], parameters: [...this.parameters], outputs };
  }

  private push(node: Node): Value {
    if (this.nodes.some((other) => other.name === node.name)) throw new Error(`two nodes are named ${node.name}`);
    this.nodes.push(node);
    return node;
  }

  private parameter(name: string, shape: readonly number[], initializer: Initializer, trainable = true): string {
    this.parameters.push({ name, shape, initializer, trainable });
    return name;
  }
}
