import * as z from 'zod';
import { BACKBONE_NAMES } from './backbones.js';
import { optionInfo } from './optionInfo.js';

/** The network that is built: among the options of a training. */
export const backboneOptions = {
  /** Side of the square input, in pixels. */
  size: z
    .int()
    .min(32)
    .max(512)
    .multipleOf(16)
    .default(128)
    .register(optionInfo, {
      flag: 'size',
      value: 'N',
      help: 'side of the input in pixels, a multiple of 16; MobileFaceNet’s own is 112',
      pick: {
        place: 40,
        label: 'Picture size',
        icon: 'screen-full',
        prompt: 'Side of the network’s input in pixels, a multiple of 16',
      },
    }),
  /** The network below the last layer. */
  backbone: z.enum(BACKBONE_NAMES).default('mobileNetV2').register(optionInfo, {
    flag: 'backbone',
    value: 'NAME',
    help: 'the network below the last layer, by its name',
    listed: true,
  }),
  /** With `weights: 'faces'`: the layers of the face network, and nothing of its weights. */
  fromRandom: z.boolean().default(false).register(optionInfo, {
    flag: 'from-random',
    help: 'with face weights: the layers of the face network alone, which start from random weights',
  }),
  /** What every number of channels is multiplied by. */
  width: z.number().min(0.1).max(2).default(1).register(optionInfo, {
    flag: 'width',
    value: 'F',
    help: 'what the backbone’s numbers of channels are multiplied by',
  }),
  /** What makes one value of each channel of the last feature map; MobileFaceNet has weights for that. */
  pooling: z
    .enum(['max', 'average'])
    .default('max')
    .register(optionInfo, { flag: 'pooling', value: 'NAME', help: 'max or average, over the whole picture' }),
  /** Length of the embedding: the pooled features themselves when absent; of MobileFaceNet, and where cosines count, 128. */
  embedding: z.int().min(64).max(512).optional().register(optionInfo, {
    flag: 'embedding',
    value: 'N',
    help: 'length of the vector that a face becomes, made by a linear layer; when absent the pooled features, or 128 of MobileFaceNet and of a loss of cosines',
  }),
  /** Share of the embedding that a step leaves out. */
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .register(optionInfo, { flag: 'dropout', value: 'F', help: 'share of the pooled features dropped in each step' }),
};
