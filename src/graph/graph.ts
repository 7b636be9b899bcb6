/** Height, width and channels of one picture's activation; the batch stands before it. */
export type Shape = readonly [height: number, width: number, channels: number];

/** How a parameter starts, as in Keras; fans are those of the kernel. The slopes of a PReLU start at a quarter (He et al. 2015). */
export type Initializer = 'glorotUniform' | 'zeros' | 'ones' | 'quarter';

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

/** How a byte x of each of the colours red, green and blue is read: x · scale + shift, in float64, rounded once to float32. */
export interface Scaling {
  readonly scale: readonly [number, number, number];
  readonly shift: readonly [number, number, number];
}

/** Batch [N, H, W, C]: pixels, which arrive as bytes, or float values taken as they are. */
export interface InputNode extends Base {
  readonly op: 'input';
  readonly values: 'pixels' | 'floats';
  /** Of pixels; x / 127.5 − 1 when absent. */
  readonly scaling?: Scaling;
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
/** Rows and columns of zeros around a map (of minus infinity, to a maximum). */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}
/** What a convolution may have beside its kernel. */
interface Convolved {
  /** [Cout]; added before a batch norm. None when absent: a batch norm follows. */
  readonly bias?: string;
  /** SAME as TensorFlow has it when absent. */
  readonly padding?: Padding;
}
/** kernel [kH, kW, Cin, Cout]. */
export interface Conv2dNode extends Base, Quantizable, Convolved {
  readonly op: 'conv2d';
  readonly input: string;
  readonly stride: number;
  readonly kernel: string;
}
/** kernel [kH, kW, C, 1]. */
export interface DepthwiseConv2dNode extends Base, Quantizable, Convolved {
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
/** x where it is positive, else slope · x; parameter slope [C]. A plain ReLU is one of slope 0. */
export interface PreluNode extends Base {
  readonly op: 'prelu';
  readonly input: string;
  readonly slope: string;
  /** Quantized: of the slopes, symmetrically, all with one scale. */
  readonly weightBits?: number;
}
/** 1 / (1 + exp(−x)). */
export interface SigmoidNode extends Base {
  readonly op: 'sigmoid';
  readonly input: string;
}
/** [N, H, W, C] times [N, 1, 1, C]: a factor for each channel of each picture. */
export interface MultiplyNode extends Base {
  readonly op: 'multiply';
  readonly input: string;
  /** [N, 1, 1, C]. */
  readonly other: string;
}
/** One map's channels behind the other's. */
export interface ConcatNode extends Base {
  readonly op: 'concat';
  readonly input: string;
  readonly other: string;
}
/**
 * Maximum of each window of kernelSize x kernelSize; what lies outside the map counts for nothing. The gradient goes to the
 * first of those that are as large, by rows, as in TensorFlow and PyTorch.
 */
export interface MaxPoolNode extends Base {
  readonly op: 'maxPool';
  readonly input: string;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding;
}
/** x / max(‖x‖₂, 1e-12) of a vector [N, 1, 1, C]. */
export interface L2NormalizeNode extends Base {
  readonly op: 'l2Normalize';
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
  | PreluNode
  | SigmoidNode
  | AddNode
  | MultiplyNode
  | ConcatNode
  | MaxPoolNode
  | GlobalMaxPoolNode
  | GlobalAveragePoolNode
  | L2NormalizeNode
  | DropoutNode
  | DenseNode
  | FakeQuantNode;

/** The same by what they do. */
export type Nodes = { readonly [N in Node as N['op']]: N };

/** The nodes that give what a network is for. */
export interface Outputs {
  /**
   * [N, 1, 1, E]: what faces are compared by; before any dropout; of whatever length the nodes leave it. Of a network that finds
   * faces or points in them, what it finds: a detector's is a map [N, H, W, C].
   */
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
