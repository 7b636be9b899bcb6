import * as z from 'zod';

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** What a network does on the validation pictures of its run, as ONNX Runtime computes it. */
export const measurement = z.object({
  precision: z.enum(['float32', 'int8']),
  /** Of the .onnx file. */
  bytes: count,
  /** Share of the pictures whose person comes first. */
  accuracy: share,
  /** Mean cross-entropy, nats. */
  loss: z.number(),
  /** Of one picture on one thread, milliseconds: the median, and what one in ten takes longer than. */
  latency: z.object({ median: z.number(), p90: z.number(), runs: count }),
});
export type Measurement = z.infer<typeof measurement>;

const verdict = z.object({ person: z.string(), probability: z.number() });

/** A picture on which two networks differ. */
export const difference = z.object({
  /** Relative to the dataset. */
  file: z.string(),
  person: z.string(),
  float32: verdict,
  int8: verdict,
  /** Data URI of what the networks saw. */
  thumbnail: z.string().optional(),
});
export type Difference = z.infer<typeof difference>;

export const measurements = z.object({
  /** Validation pictures, whose person the network knows. */
  pictures: count,
  /** Whether they are those that the network was validated with. */
  sameData: z.boolean(),
  /** Processor and version of ONNX Runtime. */
  machine: z.string(),
  models: z.array(measurement),
  /** Share of the pictures on which float and int8 put the same person first; where there are both. */
  agreement: share.optional(),
  /** How many they differ on. */
  differing: count.optional(),
});
export type Measurements = z.infer<typeof measurements>;

/** Float and int8 of one checkpoint beside each other. */
export const comparison = z.object({
  checkpoint: z.string(),
  /** Absolute path. */
  dataset: z.string(),
  network: z.string(),
  measurements,
  /** The first of the pictures on which they differ. */
  gallery: z.array(difference),
});
export type Comparison = z.infer<typeof comparison>;
