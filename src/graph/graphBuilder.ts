import type { Graph, Initializer, Node, ParameterSpec, Shape } from './graph.js';

/** A node already in the graph, with the shape of its output. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
}

/** Output side of a SAME convolution: ceil(side / stride), as TensorFlow has it. */
function strided([height, width]: Shape, stride: number, channels: number): Shape {
  return [Math.ceil(height / stride), Math.ceil(width / stride), channels];
}

/** Builds a graph node by node; the names are Keras' so that its weights load by name. */
export class GraphBuilder {
  private readonly nodes: Node[] = [];
  private readonly parameters: ParameterSpec[] = [];

  input(height: number, width: number, channels: number, values: 'pixels' | 'floats' = 'pixels'): Value {
    return this.push({ op: 'input', name: 'input', values, shape: [height, width, channels] });
  }

  conv2d(name: string, x: Value, filters: number, kernelSize: number, stride = 1): Value {
    const kernel = this.parameter(`${name}/kernel`, [kernelSize, kernelSize, x.shape[2], filters], 'glorotUniform');
    return this.push({ op: 'conv2d', name, input: x.name, stride, kernel, shape: strided(x.shape, stride, filters) });
  }

  depthwiseConv2d(name: string, x: Value, kernelSize: number, stride = 1): Value {
    const channels = x.shape[2];
    const kernel = this.parameter(`${name}/depthwise_kernel`, [kernelSize, kernelSize, channels, 1], 'glorotUniform');
    const shape = strided(x.shape, stride, channels);
    return this.push({ op: 'depthwiseConv2d', name, input: x.name, stride, kernel, shape });
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
