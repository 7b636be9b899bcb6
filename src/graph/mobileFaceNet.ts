import type { GraphBuilder, Value } from './graphBuilder.js';
import { roundChannels } from './mobileNetV2.js';

/** Chen et al. 2018, table 1: expansion, channels, repeats, stride of the first repeat. */
const STAGES = [
  [2, 64, 5, 2],
  [4, 128, 1, 2],
  [2, 128, 6, 1],
  [4, 128, 1, 2],
  [2, 128, 2, 1],
] as const;

/** What the paper's network gives for a face. */
export const MOBILE_FACE_NET_EMBEDDING = 128;

/**
 * MobileFaceNet (Chen et al. 2018): bottlenecks as MobileNetV2 has them, with PReLU and a smaller reduction at the beginning; then,
 * in place of pooling, a depthwise convolution as large as the map, so that the corners of a face count otherwise than its middle.
 * Strided convolutions pad as SAME.
 *
 * @param size side of the square RGB input, in pixels; the paper's is 112
 * @param width multiplier of the channels, but for the embedding
 * @returns [1, 1, C]: what the linear layer reads that makes the embedding
 */
export function mobileFaceNet(
  b: GraphBuilder,
  { size, width }: { readonly size: number; readonly width: number },
): Value {
  const channels = (count: number) => roundChannels(count * width);
  const conv = (name: string, x: Value, filters: number, kernelSize: number, stride: number) =>
    b.batchNorm(`${name}_BN`, b.conv2d(name, x, filters, kernelSize, stride));
  const prelu = (name: string, x: Value) => b.prelu(`${name}_prelu`, x, true, 'quarter');
  const depthwise = (name: string, x: Value, stride: number) =>
    prelu(name, b.batchNorm(`${name}_BN`, b.depthwiseConv2d(name, x, 3, stride)));

  let x = b.input(size, size, 3);
  x = prelu('conv_1', conv('conv_1', x, channels(64), 3, 2));
  x = depthwise('conv_2_depthwise', x, 1);
  let block = 0;
  for (const [expansion, count, repeats, firstStride] of STAGES)
    for (let repeat = 0; repeat < repeats; repeat++, block++) {
      const prefix = `block_${block}`;
      const stride = repeat === 0 ? firstStride : 1;
      const filters = channels(count);
      let y = prelu(`${prefix}_expand`, conv(`${prefix}_expand`, x, x.shape[2] * expansion, 1, 1));
      y = depthwise(`${prefix}_depthwise`, y, stride);
      y = conv(`${prefix}_project`, y, filters, 1, 1);
      x = stride === 1 && x.shape[2] === filters ? b.add(`${prefix}_add`, x, y) : y;
    }
  x = prelu('conv_3', conv('conv_3', x, channels(512), 1, 1));
  const whole = b.depthwiseConv2d('global_depthwise', x, x.shape[0], 1, { padding: NONE });
  return b.batchNorm('global_depthwise_BN', whole);
}

const NONE = { top: 0, bottom: 0, left: 0, right: 0 } as const;
