import fs from 'node:fs';
import os from 'node:os';
import { computeLoss, DEFAULT_LOSS } from '../core/losses/losses.js';
import { argmax, softmax } from '../core/softmax.js';
import { withoutExcluded } from '../dataset/checkDataset.js';
import { openDataset, readBatch, type Dataset } from '../dataset/dataset.js';
import { jpegDataUri } from '../dataset/thumbnail.js';
import { scanDataset } from '../dataset/scanDataset.js';
import { onnxBytes } from '../export/onnx/encodeOnnx.js';
import { pixelCacheFolder } from '../platform/cacheFolder.js';
import type { Difference, Measurement, Measurements } from '../protocol/comparison.js';
import type { OpenedCheckpoint } from './openCheckpoint.js';
import { datasetFingerprint } from '../dataset/fingerprint.js';
import { OnnxSession, onnxRuntimeVersion } from './onnxSession.js';

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
  const dataset = await validationOf(source, onProgress, cancelled);
  if (!dataset) return undefined;
  const sessions = new Map<Precision, { session: OnnxSession; alone: OnnxSession; bytes: number }>();
  try {
    for (const precision of source.quantization ? (['float32', 'int8'] as const) : (['float32'] as const)) {
      const bytes = onnxBytes(source, { format: 'onnx', precision, part: 'classifier' });
      const { input } = source.facts;
      sessions.set(precision, {
        session: await OnnxSession.open(bytes, input),
        alone: await OnnxSession.open(bytes, input, 1),
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

async function validationOf(
  { run: { options, people } }: OpenedCheckpoint,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Dataset | undefined> {
  if (!fs.existsSync(options.dataset)) return undefined;
  const scanned = withoutExcluded(scanDataset(options.dataset), options.exclude);
  const cache = { cacheFolder: pixelCacheFolder(), cacheBytes: options.pixelCacheMiB * 2 ** 20 };
  const dataset = await openDataset(scanned, { ...options, ...cache }, onProgress, cancelled);
  if (!dataset) return undefined;
  if (dataset.people.length === people.length && dataset.people.every((name, i) => name === people[i])) return dataset;
  await dataset.source.close();
  return undefined;
}

async function measureOn(
  dataset: Dataset,
  sessions: ReadonlyMap<Precision, { session: OnnxSession; alone: OnnxSession; bytes: number }>,
  { run: { people, fingerprint }, facts }: OpenedCheckpoint,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Measured | undefined> {
  const pictures = dataset.split.validation.filter((picture) => dataset.labels[picture]! >= 0);
  const sums = new Map([...sessions.keys()].map((precision) => [precision, { correct: 0, loss: 0 }]));
  const gallery: Difference[] = [];
  let [seen, differing] = [0, 0];
  let first: Uint8Array | undefined;
  const side = facts.input.width;
  const area = side * side * 3;
  for (let from = 0; from < pictures.length; from += BATCH) {
    if (cancelled()) return undefined;
    const wished = pictures.slice(from, from + BATCH);
    const { pixels, labels, kept } = await readBatch(dataset, { pictures: wished });
    first ??= pixels.slice(0, area);
    const verdicts = new Map<Precision, { person: number; probability: number }[]>();
    for (const [precision, { session }] of sessions) {
      const logits = await session.run(pixels);
      const sum = sums.get(precision)!;
      const { lossSum, correct } = computeLoss(DEFAULT_LOSS, { scores: logits }, labels);
      sum.loss += lossSum;
      sum.correct += correct;
      verdicts.set(
        precision,
        Array.from(labels, (_, i) => {
          const scores = softmax(logits.subarray(i * people.length, (i + 1) * people.length));
          const person = argmax(scores);
          return { person, probability: scores[person]! };
        }),
      );
    }
    const [float, int8] = [verdicts.get('float32'), verdicts.get('int8')];
    for (const [i, label] of labels.entries()) {
      if (!float || !int8 || float[i]!.person === int8[i]!.person) continue;
      if (differing++ >= GALLERY) continue;
      const named = ({ person, probability }: { person: number; probability: number }) => ({
        person: people[person]!,
        probability,
      });
      gallery.push({
        file: dataset.files[kept[i]!]!,
        ...{ person: people[label]!, float32: named(float[i]!), int8: named(int8[i]!) },
        thumbnail: await jpegDataUri(pixels.subarray(i * area, (i + 1) * area), side),
      });
    }
    seen += labels.length;
    onProgress(Math.min(pictures.length, from + BATCH), pictures.length);
  }
  if (!first || seen === 0) return undefined;
  const latencies = await timed(sessions, first, cancelled);
  const models = [...sessions].map(([precision, { bytes }]): Measurement => {
    const { correct, loss } = sums.get(precision)!;
    return { precision, bytes, accuracy: correct / seen, loss: loss / seen, latency: latencies.get(precision)! };
  });
  const both = sessions.size === 2 ? { agreement: 1 - differing / seen, differing } : {};
  const sameData = datasetFingerprint(dataset) === fingerprint;
  return { measurements: { pictures: seen, sameData, machine: await machine(), models, ...both }, gallery };
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
