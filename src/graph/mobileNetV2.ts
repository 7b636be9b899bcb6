import type { GraphBuilder, Value } from './graphBuilder.js';

/** Sandler et al. 2018, table 2: expansion, channels, repeats, stride of the first repeat. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** To a multiple of 8, never more than a tenth below the wish (the rule of the paper's own code). */
export function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/**
 * The body of MobileNetV2 up to its last ReLU6, named as in `keras.applications`. One difference from Keras: strided
 * convolutions pad as SAME, which for even sides is what Keras' explicit padding followed by a VALID convolution computes.
 *
 * @param size side of the square RGB input, in pixels
 * @param width multiplier of the channels
 */
export function mobileNetV2(
  b: GraphBuilder,
  { size, width }: { readonly size: number; readonly width: number },
): Value {
  const conv = (name: string, norm: string, x: Value, filters: number, kernelSize: number, stride: number) =>
    b.batchNorm(norm, b.conv2d(name, x, filters, kernelSize, stride));

  let x = b.input(size, size, 3);
  x = b.relu6('Conv1_relu', conv('Conv1', 'bn_Conv1', x, roundChannels(32 * width), 3, 2));
  let block = 0;
  for (const [expansion, channels, repeats, firstStride] of STAGES) {
    for (let repeat = 0; repeat < repeats; repeat++, block++) {
      const prefix = block === 0 ? 'expanded_conv' : `block_${block}`;
      const stride = repeat === 0 ? firstStride : 1;
      const filters = roundChannels(channels * width);
      let y = x;
      if (expansion !== 1) {
        y = conv(`${prefix}_expand`, `${prefix}_expand_BN`, y, x.shape[2] * expansion, 1, 1);
        y = b.relu6(`${prefix}_expand_relu`, y);
      }
      y = b.batchNorm(`${prefix}_depthwise_BN`, b.depthwiseConv2d(`${prefix}_depthwise`, y, 3, stride));
      y = b.relu6(`${prefix}_depthwise_relu`, y);
      y = conv(`${prefix}_project`, `${prefix}_project_BN`, y, filters, 1, 1);
      x = stride === 1 && x.shape[2] === filters ? b.add(`${prefix}_add`, x, y) : y;
    }
  }
  const last = width > 1 ? roundChannels(1280 * width) : 1280;
  return b.relu6('out_relu', conv('Conv_1', 'Conv_1_bn', x, last, 1, 1));
}
