import type { InputNode } from './graph.js';

/**
 * What a network reads instead of each byte, by channel: 256 values each, computed in float64 and rounded once.
 *
 * @param input of pixels; x / 127.5 − 1 where it says no other scaling
 */
export function pixelTables({ shape, scaling }: Pick<InputNode, 'shape' | 'scaling'>): readonly Float32Array[] {
  const [, , channels] = shape;
  if (!scaling) return Array.from({ length: channels }, () => USUAL);
  const { scale, shift } = scaling;
  return scale.map((factor, c) => Float32Array.from({ length: 256 }, (_, byte) => byte * factor + shift[c]!));
}

const USUAL = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);
