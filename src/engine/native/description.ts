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
  readonly kernels: readonly KernelDescription[];
  readonly batchNorms: readonly BatchNormDescription[];
  readonly quantizers: readonly QuantizerDescription[];
}

export interface QuantizerDescription {
  readonly bits: number;
  /** Of activations: the parameter that holds smallest and largest value. */
  readonly range?: number;
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

/** Operands: x, y, d and ranged are chains, kernel is a kernel, statistics and foldedBatchNorm batch norms, the rest tensors. */
export interface Operation {
  readonly op:
    | 'loadPixels'
    | 'loadFloats'
    | 'conv'
    | 'depthwise'
    | 'add'
    | 'pool'
    | 'convBackward'
    | 'depthwiseBackward'
    | 'poolBackward'
    | 'contribute'
    | 'dropout'
    /** Looks at `out` for `quantizer`. */
    | 'observe';
  /** Absent for a convolution of the pictures. */
  readonly x?: number;
  /** Second summand; absent for a copy. */
  readonly y?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly out?: number;
  /** Dropout works in place, on an output or on its gradient: share that becomes zero, and the node's number. */
  readonly rate?: number;
  readonly node?: number;
  /** Pooling: the maximum, else the mean. */
  readonly max?: boolean;
  /** The batch norm that takes the output's statistics. */
  statistics?: number;
  /** Training: the chain whose quantizer's range follows the output. */
  ranged?: number;
  // Inference: what happens to an output before it is stored.
  readonly foldedBatchNorm?: number;
  readonly relu6?: boolean;
  readonly residual?: number;
  /** Quantizers of the output, and of its sum with the residual. */
  readonly quantizer?: number;
  readonly sumQuantizer?: number;
  /** Integers: quantizers of the summands. */
  readonly xQuantizer?: number;
  readonly yQuantizer?: number;
  // Backward: `gradient` stands behind chain `d`; the gradient of chain x goes to `target`.
  readonly d?: number;
  readonly gradient?: number;
  readonly target?: number;
  readonly accumulate?: boolean;
  /** The last contribution: mask by ReLU6, sum for batch norm. */
  readonly finish?: boolean;
  /** Room for the gradient of the output, when the kernel is too large to have a copy for each part. */
  readonly dense?: number;
}

export interface PlanDescription {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: number;
  readonly training: boolean;
  /** The input is floats instead of bytes. */
  readonly floats: boolean;
  readonly arenaFloats: number;
  readonly tensors: readonly TensorDescription[];
  readonly chains: readonly ChainDescription[];
  readonly forward: readonly Operation[];
  readonly backward: readonly Operation[];
  readonly logits: number;
  readonly logitsGradient?: number;
  /** What the last dense layer reads. */
  readonly embeddings?: number;
  /** Tensors hold integers; the quantizers say what the results stand for. */
  readonly integers?: boolean;
  readonly logitsQuantizer?: number;
  readonly embeddingsQuantizer?: number;
}
