import { sizeOf } from '../../graph/graph.js';
import type { TfliteModel } from '../tflite/tfliteFile.js';

const KIB = 1024;
/** Of every planned buffer: `MicroArenaBufferAlignment()`. */
const ALIGNMENT = 16;
const BYTES = { float32: 4, int8: 1, int32: 4 } as const;

/**
 * Memory that TensorFlow Lite Micro with its reference kernels needs beside the file itself, in bytes: the tensors,
 * packed by its greedy planner, and what it keeps of each tensor, operator and channel on a machine of 64 bits. A
 * microcontroller of 32 bits needs less; kernels of a vendor may want scratch memory on top.
 */
export function arenaBytes(model: TfliteModel): number {
  return Math.ceil((Math.max(plannedBytes(model), borrowedBytes(model)) + keptBytes(model)) / KIB) * KIB;
}

/** From the first to the last time at which a tensor is needed, both included: operator i runs at i + 1. */
interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/**
 * The largest first, each in the lowest gap between those that live at the same time (`GreedyMemoryPlanner`). Constants
 * take no part: they are read where they lie in the file. What an operator reads and what it writes never overlap.
 */
function plannedBytes({ tensors, operators, input, output }: TfliteModel): number {
  const bytesOf = (tensor: number) => align(sizeOf(tensors[tensor]!.shape) * BYTES[tensors[tensor]!.type]);
  const lifetimes = new Map<number, Lifetime>([[input, { bytes: bytesOf(input), first: 0, last: 0 }]]);
  operators.forEach(({ inputs, outputs }, i) => {
    for (const tensor of inputs) {
      const life = lifetimes.get(tensor);
      if (life) life.last = i + 1;
    }
    for (const tensor of outputs) lifetimes.set(tensor, { bytes: bytesOf(tensor), first: i + 1, last: i + 1 });
  });
  lifetimes.get(output)!.last = operators.length + 1;
  const placed: (Lifetime & { readonly from: number })[] = [];
  for (const life of [...lifetimes.values()].sort((a, b) => b.bytes - a.bytes)) {
    const beside = placed.filter(({ first, last }) => first <= life.last && last >= life.first);
    let from = 0;
    for (const other of beside.sort((a, b) => a.from - b.from)) {
      if (from + life.bytes <= other.from) break;
      from = Math.max(from, other.from + other.bytes);
    }
    placed.push({ ...life, from });
  }
  return Math.max(...placed.map(({ from, bytes }) => from + bytes));
}

/** While an operator is prepared, the place of the tensors holds the zero points of its constants, four bytes each. */
function borrowedBytes({ tensors, operators }: TfliteModel): number {
  const zeroPoints = (tensor: number) => 4 + 4 * (tensors[tensor]!.quantization?.zeroPoints.length ?? 0);
  return Math.max(...operators.map(({ inputs }) => inputs.reduce((sum, tensor) => sum + zeroPoints(tensor), 0)));
}

/**
 * Measured on builds of x86-64, and rounded up: a factor and a shift for each channel of a layer, and what has a fixed
 * size. The 24 bytes of a tensor are its `TfLiteEvalTensor`: two pointers and a type. An arena that is too small makes
 * `AllocateTensors` fail.
 */
function keptBytes({ tensors, operators }: TfliteModel): number {
  const channels = operators.reduce(
    (sum, { inputs: [, , bias] }) => sum + (bias === undefined ? 0 : sizeOf(tensors[bias]!.shape)),
    0,
  );
  return 8 * channels + 160 * operators.length + 24 * tensors.length + 3072;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
