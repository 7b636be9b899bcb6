import * as z from 'zod';
import { optionInfo } from './optionInfo.js';

/** How the learning rate goes over a run, and what of it is kept: among the options of a training. */
export const scheduleOptions = {
  /** `cosine` goes from the learning rate to zero over the run, `steps` falls by `decayFactor` behind each of `decayEpochs`. */
  schedule: z.enum(['constant', 'cosine', 'steps']).default('constant').register(optionInfo, {
    flag: 'schedule',
    value: 'NAME',
    help: 'constant; cosine: down to zero after the head epochs; or steps: down at --decay-epochs',
  }),
  /** Epochs over which the rate grows from nothing to the learning rate; a fraction is a share of an epoch's steps. */
  warmupEpochs: z.number().min(0).max(10_000).default(0).register(optionInfo, {
    flag: 'warmup-epochs',
    value: 'F',
    help: 'epochs, after the head epochs, in which the learning rate grows in a line; 0.5 is half an epoch',
    startsAnew: true,
  }),
  /** With `steps`: the epochs behind which the rate falls. */
  decayEpochs: z.array(z.int().min(1).max(10_000)).max(100).default([]).register(optionInfo, {
    flag: 'decay-epochs',
    value: 'LIST',
    read: 'numbers',
    help: 'with --schedule steps: epochs behind which the learning rate falls, separated by commas',
    startsAnew: true,
  }),
  /** With `steps`: what the rate is multiplied by there. */
  decayFactor: z.number().gt(0).lt(1).default(0.1).register(optionInfo, {
    flag: 'decay-factor',
    value: 'F',
    help: 'with --schedule steps: what the learning rate is multiplied by there',
  }),
  /** Decay of the exponential moving average of the weights, which is then what is validated and kept; 0: the weights themselves. */
  averageDecay: z.number().min(0).lt(1).default(0).register(optionInfo, {
    flag: 'average-decay',
    value: 'F',
    help: 'validate and keep a moving average of the weights (EMA) with this decay, such as 0.999; 0 for the weights themselves',
  }),
  /** Epochs that may bring nothing better before the run ends; 0: all of them are trained. */
  patience: z.int().min(0).max(10_000).default(0).register(optionInfo, {
    flag: 'patience',
    value: 'N',
    help: 'end the training after N epochs without a better validation; 0 trains all epochs',
    startsAnew: true,
  }),
};
