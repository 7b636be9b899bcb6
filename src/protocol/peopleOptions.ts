import * as z from 'zod';
import { optionInfo } from './optionInfo.js';

/** How a training deals with very many people: among its options. */
export const peopleOptions = {
  /**
   * With a cosine head: how many other people, drawn anew for each step, the pictures of a batch are held against beside their own
   * (Partial FC, An et al. 2021); 0: everybody. `auto`: everybody, or a sample where people are many (docs/training.md).
   */
  sampledClasses: z
    .union([z.literal('auto'), z.int().min(0).max(1_000_000)])
    .default('auto')
    .register(optionInfo, {
      flag: 'sampled-classes',
      value: 'N',
      help: 'with a loss of cosines: hold a batch against its own people and N others, drawn for each step; 0: against all; auto: 4096 where people are more than 20,000',
    }),
};
