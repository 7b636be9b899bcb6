import * as z from 'zod';
import { optionInfo } from './optionInfo.js';
import { trainingOptions } from './options.js';
import { quantization } from './quantizationOptions.js';

/** Passes over the pictures with which a checkpoint is fine-tuned when nobody says otherwise. */
export const FINE_TUNING_EPOCHS = 4;

/** An option that is told in the same words, but has no default of its own. */
function optional<T extends z.ZodType>(option: z.ZodDefault<T>): z.ZodOptional<T> {
  const wished = option.unwrap().optional();
  optionInfo.add<z.ZodType>(wished, optionInfo.get(option)!);
  return wished;
}

/** What a fine-tuning for int8 does otherwise than the run of its checkpoint. */
export const qatOverrides = z.strictObject({
  epochs: z
    .int()
    .min(1)
    .optional()
    .register(optionInfo, {
      flag: 'epochs',
      value: 'N',
      help: `passes over the pictures (${FINE_TUNING_EPOCHS})`,
    }),
  dataset: z.string().optional().register(optionInfo, {
    flag: 'dataset',
    value: 'FOLDER',
    help: 'where the pictures are now',
  }),
  changedData: z.boolean().optional().register(optionInfo, {
    flag: 'changed-data',
    help: 'continue even if the pictures are not those of the checkpoint’s run',
  }),
  quantization: quantization.partial().optional(),
  engine: optional(trainingOptions.shape.engine),
  threads: optional(trainingOptions.shape.threads),
  pixelCacheMiB: optional(trainingOptions.shape.pixelCacheMiB),
});
