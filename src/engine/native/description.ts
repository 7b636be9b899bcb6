import type { OutputName } from '../../core/losses/loss.js';
import type { Padding } from '../../graph/graph.js';

/**
 * What the native engine is told: a network once for each session, and a plan for each batch size. The addon
 * (native/src/session.h) checks every index, shape and place before a kernel runs. Indices point into the lists of the
 * same description.
 */
export interface ModelDescription {
  readonly parameters: readonly {
    readonly size: number;
    readonly trainable: boolean;
    /** What the learning rate is multiplied by. */
    readonly rate: number;
    /** Weight decay takes from it. */
    readonly decay: boolean;
  }[];
  /** How the bytes of each colour are read: byte · scale + shift; none: byte / 127.5 − 1. */
  readonly colours: readonly { readonly scale: number; readonly shift: number }[];
  readonly kernels: readonly KernelDescription[];
  readonly batchNorms: readonly BatchNormDescription[];
  readonly quantizers: readonly QuantizerDescription[];
}

export interface QuantizerDescription {
  readonly bits: number;
  /** Of activations: the parameter that holds smallest and largest value. */
  readonly range?: number;
  /** Of a PReLU's slopes: their parameter. */
  readonly slope?: number;
  readonly observed: boolean;
}

export interface KernelDescription {
  readonly kind: 'conv' | 'depthwise' | 'dense';
  /** Parameters. */
  readonly weights: number;
  readonly bias?: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Reads the pictures' bytes. */
  readonly pixels: boolean;
  /** Its input needs a gradient. */
  readonly backward: boolean;
  /** The batch norm that is folded into it. */
  readonly batchNorm?: number;
  /** Of its weights, and of the activations that it reads. */
  readonly quantizer?: number;
  readonly inputQuantizer?: number;
}

export interface BatchNormDescription {
  readonly channels: number;
  readonly epsilon: number;
  /** Parameters. */
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  readonly variance: number;
}

/** [n, h, w, c] floats; a row of channels is padded to a multiple of 16. */
export interface TensorDescription {
  /** Floats from the start of the arena, a multiple of 16. */
  readonly offset: number;
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

/** A stored tensor and what its readers apply to it: batch norm, ReLU6, then a quantizer. None has a tensor of its own. */
export interface ChainDescription {
  readonly tensor: number;
  readonly batchNorm?: number;
  readonly relu6?: boolean;
  readonly quantizer?: number;
}

// Operations. Operands: x, y, d and ranged are chains, kernel is a kernel, slope a parameter, statistics and foldedBatchNorm batch
// norms, names that end with quantizer quantizers, the rest tensors.

/** Of a window that moves over a map: all four, or SAME. */
export type Padded = Padding | { readonly [Side in keyof Padding]?: undefined };

/** Of an output in training: the batch norm that takes its statistics, and the chain whose quantizer's range follows it. */
interface Followed {
  statistics?: number;
  ranged?: number;
}

/** The pictures, or values taken as they are, as a tensor. */
export interface LoadOperation extends Pick<Followed, 'ranged'> {
  readonly op: 'loadPixels' | 'loadFloats';
  readonly out: number;
}

/** What a product with a kernel has, over a map or depthwise. */
type KernelOperation = Padded &
  Followed & {
    readonly kernel: number;
    readonly stride: number;
    readonly out: number;
    // In use, in this order: what happens to an output before it is stored.
    readonly foldedBatchNorm?: number;
    readonly relu6?: boolean;
    /** Of a PReLU. */
    readonly slope?: number;
    readonly quantizer?: number;
  };

/** Convolutions and dense layers. */
export type ConvOperation = KernelOperation & {
  readonly op: 'conv';
  /** Absent for a convolution of the pictures. */
  readonly x?: number;
  // In use, behind the quantizer, in this order.
  readonly residual?: number;
  /** Of the sum with the residual. */
  readonly sumQuantizer?: number;
  /** Of a part of out's channels: the one that it begins at, a multiple of 16. Absent: it has them all. */
  readonly first?: number;
};

export type DepthwiseOperation = KernelOperation & {
  readonly op: 'depthwise';
  readonly x: number;
};

export interface AddOperation extends Followed {
  readonly op: 'add';
  readonly x: number;
  /** Absent for a copy. */
  readonly y?: number;
  readonly out: number;
  readonly slope?: number;
  readonly quantizer?: number;
  // On integers.
  readonly relu6?: boolean;
  readonly xQuantizer?: number;
  /** Absent for a PReLU. */
  readonly yQuantizer?: number;
}

export interface PoolOperation extends Pick<Followed, 'ranged'> {
  readonly op: 'pool';
  readonly x: number;
  readonly out: number;
  /** The maximum, else the mean. */
  readonly max: boolean;
  readonly quantizer?: number;
}

/** 1 / (1 + exp(−x)); x / max(|x|, 1e-12) of a vector. */
export interface ValueOperation extends Pick<Followed, 'ranged'> {
  readonly op: 'sigmoid' | 'normalize';
  readonly x: number;
  readonly out: number;
  // On integers.
  readonly quantizer?: number;
  readonly xQuantizer?: number;
}

/** y: [n, 1, 1, c] factors of the images. */
export interface MultiplyOperation extends Pick<Followed, 'ranged'> {
  readonly op: 'multiply';
  readonly x: number;
  readonly y: number;
  /** In use: added to the product. */
  readonly residual?: number;
  readonly out: number;
  // On integers.
  readonly relu6?: boolean;
  readonly quantizer?: number;
  readonly xQuantizer?: number;
  readonly yQuantizer?: number;
}

export interface ConcatOperation extends Pick<Followed, 'ranged'> {
  readonly op: 'concat';
  readonly x: number;
  readonly y: number;
  readonly out: number;
}

export type MaxPoolOperation = Padded &
  Pick<Followed, 'ranged'> & {
    readonly op: 'maxPool';
    readonly x: number;
    /** Rows and columns of a window. */
    readonly size: number;
    readonly stride: number;
    readonly out: number;
  };

/** Works in place, on an output or on its gradient. */
export interface DropoutOperation {
  readonly op: 'dropout';
  readonly out: number;
  /** Share that becomes zero. */
  readonly rate: number;
  /** The node's number, which its mask depends on. */
  readonly node: number;
}

/** Looks at `out` for a quantizer. */
export interface ObserveOperation {
  readonly op: 'observe';
  readonly out: number;
  readonly quantizer: number;
}

/** What writes a tensor that others read. */
export type Producer =
  | LoadOperation
  | ConvOperation
  | DepthwiseOperation
  | AddOperation
  | PoolOperation
  | ValueOperation
  | MultiplyOperation
  | ConcatOperation
  | MaxPoolOperation
  | DropoutOperation;
export type ForwardOperation = Producer | ObserveOperation;

/** Where the gradient of chain x goes; nowhere for the pictures. */
export interface Contribution {
  readonly target: number;
  /** Add to what an earlier reader of x has left. */
  readonly accumulate: boolean;
  /** The last contribution: mask by ReLU6 and quantizer, sum for batch norm. */
  readonly finish: boolean;
}

export type ConvBackwardOperation = Padded &
  Partial<Contribution> & {
    readonly op: 'convBackward';
    readonly x?: number;
    readonly kernel: number;
    readonly stride: number;
    /** The output, whose gradient stands behind its batch norm in the tensor `gradient`. */
    readonly d: number;
    readonly gradient: number;
    /** Room for the gradient of the output, when the kernel is too large to have a copy for each part. */
    readonly dense: number;
  };

export type DepthwiseBackwardOperation = Padded &
  Partial<Contribution> & {
    readonly op: 'depthwiseBackward';
    readonly x: number;
    readonly kernel: number;
    readonly stride: number;
    readonly d: number;
    readonly gradient: number;
  };

export interface PoolBackwardOperation extends Contribution {
  readonly op: 'poolBackward';
  readonly x: number;
  readonly out: number;
  readonly max: boolean;
  readonly gradient: number;
}

/** Of what is behind x in the chain d, with the tensor `gradient`. */
interface ValueBackward {
  readonly x: number;
  readonly d: number;
  readonly gradient: number;
}

/** The pictures need no gradient, the slopes do. */
export interface PreluBackwardOperation extends ValueBackward, Partial<Contribution> {
  readonly op: 'preluBackward';
  readonly slope: number;
}

export interface ValueBackwardOperation extends ValueBackward, Contribution {
  readonly op: 'sigmoidBackward' | 'normalizeBackward' | 'multiplyBackward' | 'factorsBackward' | 'partBackward';
  /** sigmoidBackward. */
  readonly out?: number;
  /** What x was multiplied by, or what was multiplied by x (factorsBackward). */
  readonly y?: number;
  /** partBackward: the channel of the concatenation that x begins at. */
  readonly first?: number;
}

export type MaxPoolBackwardOperation = Padded &
  Contribution & {
    readonly op: 'maxPoolBackward';
    readonly x: number;
    readonly out: number;
    readonly size: number;
    readonly stride: number;
    readonly gradient: number;
  };

/** A gradient that goes on as it is; without one only the finish. */
export interface ContributeOperation extends Contribution {
  readonly op: 'contribute';
  readonly x: number;
  readonly d?: number;
  readonly gradient?: number;
}

export type BackwardOperation =
  | ConvBackwardOperation
  | DepthwiseBackwardOperation
  | PoolBackwardOperation
  | PreluBackwardOperation
  | ValueBackwardOperation
  | MaxPoolBackwardOperation
  | ContributeOperation
  | DropoutOperation;

export type Operation = ForwardOperation | BackwardOperation;

type OperandName = 'x' | 'y' | 'd' | 'kernel' | 'out' | 'residual' | 'gradient' | 'target' | 'dense';

/** What an operation of any kind names; assignable from all of them. */
export type Operands = { readonly op: Operation['op'] } & { readonly [Name in OperandName]?: number };

/** What is read when a plan has run. */
export interface OutputDescription {
  readonly output: OutputName;
  /** [n, 1, 1, c]; an embedding that no loss reads may be a map. */
  readonly tensor: number;
  /** Training: where the loss leaves the gradient, which the way back starts from. */
  readonly gradient?: number;
  /** Integers: says what they stand for. */
  readonly quantizer?: number;
}

export interface PlanDescription {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly training: boolean;
  /** The input is floats instead of bytes. */
  readonly floats: boolean;
  readonly arenaFloats: number;
  readonly tensors: readonly TensorDescription[];
  readonly chains: readonly ChainDescription[];
  readonly forward: readonly ForwardOperation[];
  readonly backward: readonly BackwardOperation[];
  readonly outputs: readonly OutputDescription[];
  /** Tensors hold integers. */
  readonly integers?: boolean;
}
