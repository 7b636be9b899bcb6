import * as z from 'zod';
import { optionInfo } from './optionInfo.js';

/** What a training makes smaller, and by which measures: among the options of a training. */
export const lossOptions = {
  /**
   * What training makes smaller; `auto`: CosFace on the face network, softmax elsewhere. `distillation` is the distance between the
   * embedding of a picture's view and that of the picture as it is, by the network as it was when the run began.
   */
  loss: z
    .enum(['auto', 'softmax', 'cosface', 'arcface', 'distillation'])
    .default('auto')
    .register(optionInfo, {
      flag: 'loss',
      value: 'NAME',
      help: 'auto, softmax, or with face weights cosface, arcface or distillation; auto is cosface there and softmax elsewhere',
      pick: {
        place: 54,
        label: 'Loss',
        icon: 'target',
        ofFaces: true,
        values: {
          auto: { label: 'Recommended', detail: 'CosFace' },
          cosface: { label: 'CosFace', detail: 'The right person’s similarity must win by the margin' },
          arcface: { label: 'ArcFace', detail: 'The right person must win although the angle is larger by the margin' },
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
  /** With the face network: what each cosine is multiplied by to make a score of it. */
  logitScale: z
    .union([z.literal('auto'), z.int().min(1).max(511)])
    .default(32)
    .register(optionInfo, {
      flag: 'logit-scale',
      value: 'N',
      help: 'with face weights: what a cosine is multiplied by to become a score (the s of CosFace and ArcFace); auto fits it to the number of people',
    }),
  /** With the face network: by how much a person's cosine must win (CosFace), or the angle in radians (ArcFace). */
  margin: z.number().min(0).lt(1).default(0.4).register(optionInfo, {
    flag: 'margin',
    value: 'F',
    help: 'with face weights: the margin by which a person’s cosine (cosface) or angle in radians (arcface) must win',
  }),
  /** Share of a run's steps in which a loss grows to its margin, and to its scale from one that fits the number of people. */
  lossRamp: z.number().min(0).max(1).default(0).register(optionInfo, {
    flag: 'loss-ramp',
    value: 'F',
    help: 'with face weights: share of the run in which the margin grows from 0, and the scale from that of --logit-scale auto',
  }),
  /** With every layer of the face network: weight of `distillation` beside a loss of people; 0: none. */
  distillationWeight: z.number().min(0).max(1000).default(0).register(optionInfo, {
    flag: 'distillation-weight',
    value: 'F',
    help: 'with every layer of the face network: how much staying near its old embeddings counts beside --loss',
  }),
};
