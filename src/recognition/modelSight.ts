import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { normalizeRows } from '../core/cosine.js';
import type { RoundingName } from '../quantization/interpreter/roundings.js';
import { UserError } from '../core/userError.js';
import type { AlignResult } from '../faces/alignPicture.js';
import type { AlignWish } from '../faces/alignThread.js';
import { withAligners } from '../faces/aligners.js';
import { inputPixels } from '../inference/predict.js';
import { openModel } from '../inference/openModel.js';
import { MOST_MODEL_BYTES, type OpenedModel } from '../inference/open/openedModel.js';
import { readRegularFile } from '../platform/regularFile.js';
import { temporaryFolder } from '../platform/temporaryFolder.js';
import { NO_ANSWER } from '../protocol/recognition.js';
import { isCheckpoint } from '../runs/checkpointFacts.js';
import { runOfCheckpoint } from '../runs/checkpointRun.js';
import type { Embedder } from './embedder.js';
import type { FaceReader, ReadPicture } from './faceReader.js';
import type { Sight } from './sight.js';
import { templateReader } from './templateReader.js';
import { requireFaceWeights, type FaceWeightsFiles } from '../weights/faceWeights.js';

type Align = (wish: AlignWish) => Promise<AlignResult>;

/** Side of the crops that Align Faces makes unless told otherwise. */
const CROP_SIZE = 224;

/**
 * A network that was trained here: a checkpoint, or a file that it was exported to.
 *
 * @param place as `openModel` takes it
 * @param faces `off`: pictures are used as they are
 * @param faceWeights where what finds faces lies, for a network that wants them at places of its own
 * @param rounding as `openModel` takes it
 * @param before where it lay when the network was trained; a checkpoint knows it
 * @throws UserError as `openModel`, `weights-absent`, or `model-scores` for a file that gives scores alone
 */
export async function modelSight(
  place: string,
  faces: 'on' | 'off',
  faceWeights?: string,
  before = isCheckpoint(place) ? runOfCheckpoint(place).options.faceWeights : undefined,
  rounding?: RoundingName,
): Promise<Sight> {
  const model = await openModel(place, rounding);
  const opened = async () => ({
    ...readerOf(model, faces, () => requireFaceWeights(faceWeights, before)),
    embedder: await modelEmbedder(place, model),
  });
  const { reader, reading, embedder } = await opened().catch(async (error: unknown) => {
    await model.close();
    throw error;
  });
  return {
    ...{ embedder, reader, reading },
    close: async () => {
      await reader.close();
      await model.close();
    },
  };
}

/** @returns what reads faces, and what tells vectors of one way of reading from those of another */
function readerOf(
  model: OpenedModel,
  faces: 'on' | 'off',
  faceWeights: () => FaceWeightsFiles,
): Pick<Sight, 'reader' | 'reading'> {
  const { faces: seen, template, limits, resize, width } = model.facts.input;
  if (faces === 'off' || seen !== 'aligned') return { reader: new WholeReader(model), reading: `whole ${resize}` };
  if (!template) return { reader: new AlignedReader(model), reading: `aligned ${resize}` };
  return { reader: templateReader(faceWeights(), template, width, limits), reading: 'on' };
}

async function modelEmbedder(place: string, model: OpenedModel): Promise<Embedder> {
  const embed = model.embed?.bind(model);
  const { width } = model.facts.input;
  if (!embed)
    throw new UserError(
      'model-scores',
      `“${place}” gives a score for each person it was trained on, and no embedding to compare faces by.`,
      'Use the checkpoint, or export it again with --part embedding.',
    );
  const length = (await embed(new Uint8Array(width * width * 3))).length;
  return {
    network: {
      name: model.facts.network.name,
      kind: isCheckpoint(place) ? 'checkpoint' : 'file',
      digest: digestOf(place),
      precision: model.precision,
      ...{ path: place, length, size: width },
    },
    runtime: model.runtime,
    embed: async (crops) => normalizeRows(Float32Array.from(await embed(crops)), length),
    close: () => model.close(),
  };
}

/** SHA-256 of what the network's numbers stand in. */
export function digestOf(place: string): string {
  const hash = createHash('sha256');
  const isFolder = fs.statSync(place).isDirectory();
  const folder = isFolder ? place : path.dirname(place);
  const names = isCheckpoint(place)
    ? ['model.safetensors']
    : isFolder || path.basename(place) === 'model.json'
      ? // TensorFlow.js' weights lie beside it.
        fs.readdirSync(folder).filter((name) => name === 'model.json' || name.endsWith('.bin'))
      : [path.basename(place)];
  for (const name of names.sort())
    hash
      .update(name)
      .update('\0')
      .update(readRegularFile(path.join(folder, name), MOST_MODEL_BYTES));
  return hash.digest('hex');
}

/** Pictures as they are: for a network of whole pictures, and for crops. */
class WholeReader implements FaceReader {
  constructor(private readonly model: OpenedModel) {}

  async of(file: string): Promise<ReadPicture> {
    const pixels = await inputPixels(file, this.model.facts);
    return typeof pixels === 'string' ? { fault: pixels } : { faces: [{ crop: pixels }] };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Pictures of which the face is found and cut out as Align Faces does, in its threads. */
class AlignedReader implements FaceReader {
  private readonly folder = temporaryFolder('faces');
  private readonly waiting: ((align: Align) => Promise<void>)[] = [];
  private wake: (() => void)[] = [];
  private isClosed = false;
  private threads: Promise<void> | undefined;
  private next = 0;

  constructor(private readonly model: OpenedModel) {}

  of(file: string): Promise<ReadPicture> {
    this.threads ??= withAligners(CROP_SIZE, os.availableParallelism(), (align) => this.work(align));
    const read = new Promise<ReadPicture>((resolve, reject) => {
      this.waiting.push((align) => this.read(file, align).then(resolve, reject));
    });
    this.wake.shift()?.();
    // Threads that cannot start, or die, answer nothing any more.
    return Promise.race([read, this.threads.then(() => read)]);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const wake of this.wake) wake();
    await this.threads?.catch(() => undefined); // told to whoever asked
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async work(align: Align): Promise<void> {
    while (!this.isClosed) {
      const job = this.waiting.shift();
      if (job) await job(align);
      else await new Promise<void>((resolve) => this.wake.push(resolve));
    }
  }

  private async read(file: string, align: Align): Promise<ReadPicture> {
    const target = path.join(this.folder, `${this.next++}.jpg`);
    const { outcome, reasons } = await align({ source: file, target });
    if (outcome === 'no-face') return { faces: [] };
    if (outcome === 'unreadable') return { fault: reasons[0] ?? NO_ANSWER.unreadable };
    const crop = await inputPixels(target, this.model.facts);
    fs.rmSync(target, { force: true });
    return typeof crop === 'string' ? { fault: crop } : { faces: [{ crop }] };
  }
}
