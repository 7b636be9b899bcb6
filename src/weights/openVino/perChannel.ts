import { isConstant, type Constants } from './constants.js';
import type { IrLayer } from './irFile.js';

/** A layer that adds or multiplies a constant for each channel. */
export interface PerChannel {
  readonly layer: IrLayer;
  /** [C]. */
  readonly values: Float32Array;
}

/** Who reads whom, as far as the outputs need it: by that layers are found that belong together. */
export class Readers {
  private readonly readers = new Map<IrLayer, IrLayer[]>();

  /** @param outputs read by whoever uses the network */
  constructor(
    order: readonly IrLayer[],
    private readonly outputs: readonly IrLayer[],
    private readonly constants: Constants,
  ) {
    for (const layer of order)
      for (const input of layer.inputs) {
        const others = this.readers.get(input);
        if (others) others.push(layer);
        else this.readers.set(input, [layer]);
      }
  }

  of(layer: IrLayer): readonly IrLayer[] {
    return this.readers.get(layer) ?? [];
  }

  /** The only reader of a layer, where it is such a layer. */
  perChannel(layer: IrLayer, type: 'Add' | 'Multiply', channels: number): PerChannel | undefined {
    const [reader, ...others] = this.of(layer);
    if (reader?.type !== type || others.length > 0 || this.outputs.includes(layer)) return undefined;
    const constant = reader.inputs.find(isConstant);
    return constant && { layer: reader, values: forChannels(constant, this.constants, channels) };
  }
}

/**
 * A constant [1, C, 1, 1] or [C, 1, 1], or a single number for all channels.
 *
 * @param vector allows [C] too, which only a PReLU's slopes may be: elsewhere it would stand for columns
 * @returns [C]
 * @throws RangeError
 */
export function forChannels(layer: IrLayer, constants: Constants, channels: number, vector = false): Float32Array {
  if (!isConstant(layer)) throw new RangeError(`layer ${layer.id} is no constant`);
  const { shape, values } = constants.of(layer);
  if (values.length === 1) return new Float32Array(channels).fill(values[0]!);
  const axis = shape.length === 4 ? 1 : shape.length === 3 || vector ? 0 : -1;
  if (values.length !== channels || shape[axis] !== channels)
    throw new RangeError(`constant ${layer.id} is [${shape.join(', ')}] for ${channels} channels`);
  return values;
}
