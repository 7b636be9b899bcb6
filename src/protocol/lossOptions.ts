import * as z from 'zod';
import { optionInfo } from './optionInfo.js';

/** What a training makes smaller, and by which measures: among the options of a training. */
export const lossOptions = {
  /**
   * What training makes smaller; `auto`: CosFace on the face network, softmax elsewhere. `distillation` is the distance between the
   * embedding of a picture's view and that of the picture as it is, by the network as it was when the run began.
   */
  loss: z
    .enum(['auto', 'softmax', 'cosface', 'arcface', 'combined', 'triplet', 'distillation'])
    .default('auto')
    .register(optionInfo, {
      flag: 'loss',
      value: 'NAME',
      help: 'auto, softmax, cosface, arcface, combined, triplet, or with face weights distillation; auto is cosface with face weights and softmax elsewhere',
      pick: {
        place: 54,
        label: 'Loss',
        icon: 'target',
        ofFaces: true,
        values: {
          auto: { label: 'Recommended', detail: 'CosFace' },
          cosface: { label: 'CosFace', detail: 'The right person’s similarity must win by the margin' },
          arcface: { label: 'ArcFace', detail: 'The right person must win although the angle is larger by the margin' },
          combined: { label: 'Combined Margin', detail: 'Of the cosine and of the angle, by --margin-m1, -m2 and -m3' },
          triplet: {
            label: 'Triplet',
            detail:
              'A picture nearer to those of the same person than to all others; trains every layer, in batches of people',
          },
          softmax: { label: 'Softmax', detail: 'Without a margin' },
          distillation: {
            label: 'Distillation',
            detail: 'A bad picture’s embedding like that of the good one before training; asks for no names',
          },
        },
      },
    }),
  /** Share of the target probability that is spread over all people. */
  labelSmoothing: z.number().min(0).lt(1).default(0).register(optionInfo, {
    flag: 'label-smoothing',
    value: 'F',
    help: 'share of the target probability spread over all people; changes the gradient, not the loss that is shown',
  }),
  /** What each cosine is multiplied by to make a score of it. */
  logitScale: z
    .union([z.literal('auto'), z.int().min(1).max(511)])
    .default(32)
    .register(optionInfo, {
      flag: 'logit-scale',
      value: 'N',
      help: 'what a cosine is multiplied by to become a score (the s of CosFace and ArcFace); auto fits it to the number of people',
    }),
  /**
   * By how much a person's cosine must win (CosFace), or the angle in radians (ArcFace), or the distance of unit vectors (triplet).
   */
  margin: z.number().min(0).lt(1).default(0.4).register(optionInfo, {
    flag: 'margin',
    value: 'F',
    help: 'by how much a person’s cosine (cosface), angle in radians (arcface) or distance, 0 to 2 (triplet) must win',
  }),
  /** With `combined`: the three margins of Deng et al. 2019, equation 4, cos(m1 · angle + m2) − m3. */
  marginM1: z.number().min(1).lt(5).default(1).register(optionInfo, {
    flag: 'margin-m1',
    value: 'F',
    help: 'with --loss combined: what the angle to the right person is multiplied by',
  }),
  marginM2: z.number().min(0).lt(3).default(0.3).register(optionInfo, {
    flag: 'margin-m2',
    value: 'F',
    help: 'with --loss combined: radians added to that angle',
  }),
  marginM3: z.number().min(0).lt(1).default(0.2).register(optionInfo, {
    flag: 'margin-m3',
    value: 'F',
    help: 'with --loss combined: what is taken from its cosine',
  }),
  /** With `triplet`: which pictures of a batch are compared. */
  mining: z.enum(['hard', 'semi-hard']).default('hard').register(optionInfo, {
    flag: 'mining',
    value: 'NAME',
    help: 'with --loss triplet: hard, the farthest of the same person and the nearest other, or semi-hard, the nearest other beyond each of the same person',
  }),
  /** Share of a run's steps in which a loss grows to its margin, and to its scale from one that fits the number of people. */
  lossRamp: z.number().min(0).max(1).default(0).register(optionInfo, {
    flag: 'loss-ramp',
    value: 'F',
    help: 'share of the run in which the margin grows from 0, and the scale from that of --logit-scale auto',
  }),
  /** With every layer of the face network: weight of `distillation` beside a loss of people; 0: none. */
  distillationWeight: z.number().min(0).max(1000).default(0).register(optionInfo, {
    flag: 'distillation-weight',
    value: 'F',
    help: 'with every layer of the face network: how much staying near its old embeddings counts beside --loss',
  }),
};

export type LossOption = keyof typeof lossOptions;
