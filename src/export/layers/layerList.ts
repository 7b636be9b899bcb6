import type { Graph, Padding, Shape } from '../../graph/graph.js';

/** A layer as Keras 2 describes it in JSON, which TensorFlow.js reads. Arguments left out have Keras' defaults. */
export interface LayerJson {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** One entry for each use of the layer, of which there is one: a list of [layer, node, tensor, arguments]. */
  readonly inbound_nodes: readonly unknown[];
}

/** Whose layers there are: TensorFlow.js has not all of Keras'. */
export type Dialect = 'keras' | 'tfjs';

/** What a layer's description needs to know of the network around it. */
export interface Surroundings {
  /** Of the batch norms: the weight of the old running statistics at a step. */
  readonly momentum: number;
  /** By parameter. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** The node that gives the scores. */
  readonly scores: string | undefined;
  readonly dialect: Dialect;
}

/** A variable of a layer: one that holds a parameter's values, or one number everywhere. */
export interface LayerVariable {
  readonly layer: string;
  /** `layer/variable`. */
  readonly name: string;
  /** As the layer has it. */
  readonly shape: readonly number[];
  readonly values: { readonly parameter: string } | { readonly constant: number };
}

export function layer(
  class_name: string,
  name: string,
  config: Record<string, unknown>,
  ...inputs: string[]
): LayerJson {
  return {
    class_name,
    name,
    config: { name, trainable: true, dtype: 'float32', ...config },
    inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])],
  };
}

/**
 * The layers of a network, in the order in which they compute. A vector is [N, C] to some of Keras' layers and a map [N, 1, 1, C] to
 * others: a `Reshape` stands between the two.
 */
export class LayerList {
  readonly layers: LayerJson[] = [];
  readonly variables: LayerVariable[] = [];
  /** Nodes whose layer gives [N, C]. */
  private readonly vectors = new Set<string>();
  private readonly shapes: ReadonlyMap<string, Shape>;
  private readonly names: Set<string>;
  /** What stands between two layers, by what it is to what. */
  private readonly between = new Map<string, string>();

  constructor(
    graph: Graph,
    readonly network: Surroundings,
  ) {
    this.shapes = new Map(graph.nodes.map(({ name, shape }) => [name, shape]));
    this.names = new Set(this.shapes.keys());
  }

  isVector(node: string): boolean {
    return this.vectors.has(node);
  }

  /** Says that a node's layer gives [N, C]. */
  takeAsVector(node: string): void {
    this.vectors.add(node);
  }

  /** The input of a layer that gives what it reads in the form in which it reads it. */
  same(node: string, input: string): string {
    if (this.isVector(input)) this.takeAsVector(node);
    return input;
  }

  /** The inputs of a layer that reads two in one form. */
  together(node: string, input: string, other: string): [string, string] {
    if (!this.isVector(input) || !this.isVector(other)) return [this.map(input), this.map(other)];
    this.takeAsVector(node);
    return [input, other];
  }

  /** A layer that gives a node's output as [N, H, W, C]. */
  map(node: string): string {
    if (!this.isVector(node)) return node;
    return this.extra('Reshape', `${node}_map`, { target_shape: [...this.shapes.get(node)!] }, node);
  }

  /** A layer that gives a node's output [N, 1, 1, C] as [N, C]. */
  vector(node: string): string {
    if (this.isVector(node)) return node;
    return this.extra('Reshape', `${node}_vector`, { target_shape: [this.shapes.get(node)![2]] }, node);
  }

  /** Keras' word for a rim, by sides of the map, window and step; undefined where it has none. */
  paddingOf(
    node: string,
    window: readonly [number, number],
    stride: number,
    { top, bottom, left, right }: Padding,
  ): 'same' | 'valid' | undefined {
    const [height, width] = this.shapes.get(node)!;
    const isSame = (side: number, kernel: number, before: number, after: number) => {
      const rim = Math.max(0, (Math.ceil(side / stride) - 1) * stride + kernel - side);
      return before === Math.floor(rim / 2) && after === rim - before;
    };
    if (isSame(height, window[0], top, bottom) && isSame(width, window[1], left, right)) return 'same';
    return top + bottom + left + right === 0 ? 'valid' : undefined;
  }

  /** A variable of a layer that is no node of the graph. */
  constant(of: string, variable: string, shape: readonly number[], constant: number): void {
    this.variables.push({ layer: of, name: `${of}/${variable}`, shape, values: { constant } });
  }

  /** A layer that is no node of the graph; the same one is there once. @returns its name */
  extra(class_name: string, wished: string, config: Record<string, unknown>, ...inputs: string[]): string {
    const key = JSON.stringify([class_name, config, inputs]);
    const known = this.between.get(key);
    if (known !== undefined) return known;
    let name = wished;
    for (let i = 1; this.names.has(name); i++) name = `${wished}_${i}`;
    this.names.add(name);
    this.between.set(key, name);
    this.layers.push(layer(class_name, name, config, ...inputs));
    return name;
  }
}
