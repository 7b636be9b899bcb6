/** Height, width and channels of one picture's activation; the batch stands before it. */
export type Shape = readonly [height: number, width: number, channels: number];

/** How a parameter starts, as in Keras. Fans are those of the kernel. */
export type Initializer = 'glorotUniform' | 'zeros' | 'ones';

export interface ParameterSpec {
  /** Keras' name, such as `block_1_depthwise/depthwise_kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** False for the running statistics of batch norm. */
  readonly trainable: boolean;
}

interface Base {
  readonly name: string;
  /** Shape of the output for one picture. */
  readonly shape: Shape;
}

/** Batch [N, H, W, C]: pixels, which arrive as bytes and are read as x / 127.5 − 1, or float values taken as they are. */
export interface InputNode extends Base {
  readonly op: 'input';
  readonly values: 'pixels' | 'floats';
}
/** y = gamma (x − mean) / sqrt(variance + epsilon) + beta, per channel over [N, H, W]. */
export interface Normalization {
  readonly epsilon: number;
  readonly gamma: string;
  readonly beta: string;
  readonly movingMean: string;
  readonly movingVariance: string;
}
/**
 * What quantization makes of a convolution: its kernel is fake-quantized to `weightBits`, symmetrically, each output channel
 * with a scale of its own; a batch norm becomes a part of it (src/quantization/quantizeGraph.ts).
 */
interface Quantizable {
  readonly weightBits?: number;
  readonly norm?: Normalization;
}
/** kernel [kH, kW, Cin, Cout]; SAME padding as TensorFlow has it; no bias (batch norm follows). */
export interface Conv2dNode extends Base, Quantizable {
  readonly op: 'conv2d';
  readonly input: string;
  readonly stride: number;
  readonly kernel: string;
}
/** kernel [kH, kW, C, 1]; SAME padding. */
export interface DepthwiseConv2dNode extends Base, Quantizable {
  readonly op: 'depthwiseConv2d';
  readonly input: string;
  readonly stride: number;
  readonly kernel: string;
}
export interface BatchNormNode extends Base, Normalization {
  readonly op: 'batchNorm';
  readonly input: string;
}
/** min(max(x, 0), 6). */
export interface Relu6Node extends Base {
  readonly op: 'relu6';
  readonly input: string;
}
export interface AddNode extends Base {
  readonly op: 'add';
  readonly input: string;
  readonly other: string;
}
/** Maximum over H and W; output [N, 1, 1, C]. */
export interface GlobalMaxPoolNode extends Base {
  readonly op: 'globalMaxPool';
  readonly input: string;
}
/** Mean over H and W; output [N, 1, 1, C]. */
export interface GlobalAveragePoolNode extends Base {
  readonly op: 'globalAveragePool';
  readonly input: string;
}
/** In training each value is zero with probability `rate`, the others grow by 1 / (1 − rate); else nothing happens. */
export interface DropoutNode extends Base {
  readonly op: 'dropout';
  readonly input: string;
  readonly rate: number;
}
/** kernel [Cin, Cout], bias [Cout], on [N, 1, 1, Cin]. */
export interface DenseNode extends Base {
  readonly op: 'dense';
  readonly input: string;
  readonly kernel: string;
  readonly bias: string;
  readonly weightBits?: number;
}
/**
 * Rounds to the levels of a quantizer, where it is active; else nothing happens. Nodes with the same range share one
 * quantizer.
 */
export interface FakeQuantNode extends Base {
  readonly op: 'fakeQuant';
  readonly input: string;
  readonly bits: number;
  /** Parameter [2]: the smallest and the largest value. */
  readonly range: string;
  /** Whether the range follows what is seen here; else it is fixed, or follows another node. */
  readonly observed: boolean;
}

export type Node =
  | InputNode
  | Conv2dNode
  | DepthwiseConv2dNode
  | BatchNormNode
  | Relu6Node
  | AddNode
  | GlobalMaxPoolNode
  | GlobalAveragePoolNode
  | DropoutNode
  | DenseNode
  | FakeQuantNode;

/** The same by what they do. */
export type Nodes = { readonly [N in Node as N['op']]: N };

/** The nodes that give what a network is for. */
export interface Outputs {
  /** [N, 1, 1, E]: what faces are compared by; before any dropout; of whatever length the nodes leave it. */
  readonly embedding: string;
  /** [N, 1, 1, people]: one number a person; absent in a network that names nobody. */
  readonly scores?: string;
}

/**
 * A network as data, in an order in which every node stands after its inputs, and leads to an output (`checkGraph`).
 * A builder makes it, an engine runs it, a writer exports it; nobody changes it in place.
 */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly parameters: readonly ParameterSpec[];
  readonly outputs: Outputs;
}

export function inputOf(graph: Graph): InputNode {
  const input = graph.nodes[0];
  if (input?.op !== 'input') throw new Error(`${graph.name}: the first node is not the input`);
  return input;
}

export function inputShapeOf(graph: Graph): Shape {
  return inputOf(graph).shape;
}

/** How many numbers an output has for each picture; 0 for scores that a network does not give. */
export function widthOf({ nodes, outputs }: Graph, output: keyof Outputs): number {
  return nodes.find(({ name }) => name === outputs[output])?.shape[2] ?? 0;
}

/** Values of all parameters together. */
export function parameterCount(graph: Graph): number {
  return graph.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
