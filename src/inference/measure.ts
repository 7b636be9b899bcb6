import fs from 'node:fs';
import os from 'node:os';
import { computeLoss, DEFAULT_LOSS } from '../core/losses/losses.js';
import { argmax, softmax } from '../core/softmax.js';
import { UserError } from '../core/userError.js';
import { openDataset, readBatch, type Dataset } from '../dataset/dataset.js';
import { jpegDataUri } from '../dataset/thumbnail.js';
import { picturesOfRun } from '../dataset/picturesOfRun.js';
import { withoutPictures } from '../dataset/withoutPictures.js';
import { onnxBytes } from '../export/onnx/encodeOnnx.js';
import { pixelCacheFolder } from '../platform/cacheFolder.js';
import type { Difference, Measurement, Measurements } from '../protocol/comparison.js';
import { NO_ANSWER } from '../protocol/recognition.js';
import type { OpenedCheckpoint } from './openCheckpoint.js';
import { datasetFingerprint } from '../dataset/fingerprint.js';
import { OnnxSession, onnxRuntimeVersion, readingOf } from './onnxSession.js';
import { throughFaces } from './throughFaces.js';

const BATCH = 32;
/** Runs whose time counts, and runs before them. */
const RUNS = 60;
const WARM_UP = 10;
/** Pictures that are shown. */
const GALLERY = 60;

/** Numbers, and the first of the pictures on which float and int8 differ. */
export interface Measured {
  readonly measurements: Measurements;
  readonly gallery: Difference[];
}

type Precision = Measurement['precision'];

/**
 * A network twice: with all threads, for the answers to many pictures, and with one, whose time for one picture can be compared
 * between machines and does not depend on what the other cores do.
 */
type Sessions = ReadonlyMap<
  Precision,
  { readonly session: OnnxSession; readonly alone: OnnxSession; readonly bytes: number }
>;

/**
 * Runs a checkpoint's network in ONNX Runtime over the validation pictures of its run: float, and int8 where it was fine-tuned
 * for that.
 *
 * @returns undefined when the pictures are not there any more, show other people, or it was cancelled
 * @throws UserError `onnx-runtime-missing`, `not-integer`
 */
export async function measure(
  source: OpenedCheckpoint,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Measured | undefined> {
  const opened = await datasetOf(source, onProgress, cancelled);
  const dataset = opened && (await throughFaces(opened, source, onProgress, cancelled));
  if (!dataset) return undefined;
  const sessions = new Map<Precision, { session: OnnxSession; alone: OnnxSession; bytes: number }>();
  try {
    for (const precision of source.quantization ? (['float32', 'int8'] as const) : (['float32'] as const)) {
      const bytes = onnxBytes(source, { format: 'onnx', precision, part: 'classifier' });
      const io = readingOf(source.facts);
      sessions.set(precision, {
        session: await OnnxSession.open(bytes, io),
        alone: await OnnxSession.open(bytes, io, 1),
        bytes: bytes.length,
      });
    }
    return await measureOn(dataset, sessions, source, onProgress, cancelled);
  } finally {
    for (const { session, alone } of sessions.values()) {
      await session.close();
      await alone.close();
    }
    await dataset.source.close();
  }
}

/**
 * The pictures that a checkpoint was trained and validated on, as its run split them. Close its source when done.
 *
 * @returns undefined where they are not there any more, show other people, or when cancelled
 */
export async function datasetOf(
  { run: { options, people, withoutFace } }: OpenedCheckpoint,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Dataset | undefined> {
  if (!fs.existsSync(options.dataset)) return undefined;
  const scanned = picturesOfRun(options);
  const cache = { cacheFolder: pixelCacheFolder(), cacheBytes: options.pixelCacheMiB * 2 ** 20 };
  const opened = await openDataset(scanned, { ...options, ...cache }, onProgress, cancelled);
  if (!opened) return undefined;
  const missing = new Set(withoutFace);
  const faults = new Map(opened.files.flatMap((file, i) => (missing.has(file) ? [[i, NO_ANSWER['no-face']]] : [])));
  const dataset = withoutPictures(opened, faults);
  if (dataset.people.length === people.length && dataset.people.every((name, i) => name === people[i])) return dataset;
  await dataset.source.close();
  return undefined;
}

/** Where the pictures of a run are gone. @param advice what to do, and what they are for */
export function picturesGone({ run: { options } }: OpenedCheckpoint, advice: string): UserError {
  return new UserError(
    'dataset-missing',
    `The pictures of this network are not where they were, or show other people: “${options.dataset}”.`,
    advice,
  );
}

async function measureOn(
  dataset: Dataset,
  sessions: Sessions,
  { run: { people, fingerprint }, facts }: OpenedCheckpoint,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Measured | undefined> {
  const pictures = dataset.split.validation.filter((picture) => dataset.labels[picture]! >= 0);
  const sums = new Map([...sessions.keys()].map((precision) => [precision, { correct: 0, loss: 0 }]));
  const differing = new Differing(dataset, people, facts.input.width);
  let seen = 0;
  let first: Uint8Array | undefined;
  for (let from = 0; from < pictures.length; from += BATCH) {
    if (cancelled()) return undefined;
    const batch = await readBatch(dataset, { pictures: pictures.slice(from, from + BATCH) });
    first ??= batch.pixels.slice(0, facts.input.width ** 2 * 3);
    const verdicts = new Map<Precision, readonly Verdict[]>();
    for (const [precision, { session }] of sessions) {
      const scores = await session.run(batch.pixels);
      const { lossSum, correct } = computeLoss(DEFAULT_LOSS, { scores }, batch.labels);
      const sum = sums.get(precision)!;
      sum.loss += lossSum;
      sum.correct += correct;
      verdicts.set(precision, verdictsOf(scores, people.length));
    }
    await differing.look(batch, verdicts.get('float32'), verdicts.get('int8'));
    seen += batch.labels.length;
    onProgress(Math.min(pictures.length, from + BATCH), pictures.length);
  }
  if (!first || seen === 0) return undefined;
  const latencies = await timed(sessions, first, cancelled);
  const models = [...sessions].map(([precision, { bytes }]): Measurement => {
    const { correct, loss } = sums.get(precision)!;
    return { precision, bytes, accuracy: correct / seen, loss: loss / seen, latency: latencies.get(precision)! };
  });
  const both = sessions.size === 2 ? { agreement: 1 - differing.count / seen, differing: differing.count } : {};
  const sameData = datasetFingerprint(dataset) === fingerprint;
  const measurements = { pictures: seen, sameData, machine: await machine(), models, ...both };
  return { measurements, gallery: differing.gallery };
}

/** Whom a network puts first in a picture. */
interface Verdict {
  readonly person: number;
  readonly probability: number;
}

/** @param scores [N, people] */
function verdictsOf(scores: Float32Array, people: number): Verdict[] {
  return Array.from({ length: scores.length / people }, (_, i) => {
    const probabilities = softmax(scores.subarray(i * people, (i + 1) * people));
    const person = argmax(probabilities);
    return { person, probability: probabilities[person]! };
  });
}

/** The pictures on which float and int8 put different people first. */
class Differing {
  count = 0;
  /** The first of them. */
  readonly gallery: Difference[] = [];

  constructor(
    private readonly dataset: Dataset,
    private readonly people: readonly string[],
    /** Of a picture, in pixels. */
    private readonly side: number,
  ) {}

  async look(
    { pixels, labels, pictures }: Awaited<ReturnType<typeof readBatch>>,
    float: readonly Verdict[] | undefined,
    int8: readonly Verdict[] | undefined,
  ): Promise<void> {
    if (!float || !int8) return;
    const area = this.side * this.side * 3;
    for (const [i, label] of labels.entries()) {
      if (float[i]!.person === int8[i]!.person) continue;
      if (this.count++ >= GALLERY) continue;
      this.gallery.push({
        file: this.dataset.files[pictures[i]!]!,
        ...{ person: this.people[label]!, float32: this.named(float[i]!), int8: this.named(int8[i]!) },
        thumbnail: await jpegDataUri(pixels.subarray(i * area, (i + 1) * area), this.side),
      });
    }
  }

  private named({ person, probability }: Verdict): { person: string; probability: number } {
    return { person: this.people[person]!, probability };
  }
}

/** One after the other, so that what else the machine does falls on all alike. */
async function timed(
  sessions: ReadonlyMap<Precision, { alone: OnnxSession }>,
  picture: Uint8Array,
  cancelled: () => boolean,
): Promise<Map<Precision, Measurement['latency']>> {
  const times = new Map<Precision, number[]>([...sessions.keys()].map((precision) => [precision, []]));
  for (let run = -WARM_UP; run < RUNS && !cancelled(); run++)
    for (const [precision, { alone }] of sessions) {
      const started = performance.now();
      await alone.run(picture);
      if (run >= 0) times.get(precision)!.push(performance.now() - started);
    }
  const at = (sorted: readonly number[], part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return new Map(
    [...times].map(([precision, all]) => {
      const sorted = [...all].sort((a, b) => a - b);
      return [precision, { median: at(sorted, 0.5), p90: at(sorted, 0.9), runs: sorted.length }];
    }),
  );
}

async function machine(): Promise<string> {
  const processor = os.cpus()[0]?.model.trim() ?? process.arch;
  return `${processor}, one thread, ONNX Runtime ${await onnxRuntimeVersion()}`;
}
