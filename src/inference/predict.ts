import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { argmax, softmax } from '../core/softmax.js';
import { UserError } from '../core/userError.js';
import { cropCentre } from '../dataset/augment.js';
import { decodePicture } from '../dataset/decodePicture.js';
import { picturesAt } from '../platform/picturesAt.js';
import { jpegDataUri } from '../dataset/thumbnail.js';
import { FAULTS } from '../dataset/pictureFacts.js';
import type { ModelFacts } from '../export/modelFacts.js';
import { withAligners } from '../faces/aligners.js';
import { openAlignedFaces } from '../faces/openFaceFinder.js';
import { temporaryFolder } from '../platform/temporaryFolder.js';
import type { FacesWish, Prediction } from '../protocol/prediction.js';
import { NO_ANSWER } from '../protocol/recognition.js';
import { isCheckpoint } from '../runs/checkpointFacts.js';
import { runOfCheckpoint } from '../runs/checkpointRun.js';
import { requireFaceWeights } from '../weights/faceWeights.js';
import { requireLabels } from './open/openedModel.js';
import { openModel } from './openModel.js';

/** Side of the crops that Align Faces makes unless told otherwise. */
const CROP_SIZE = 224;

export interface PredictOptions {
  /** What `openModel` takes. */
  readonly model: string;
  /** Absolute paths of pictures, and of folders with pictures. */
  readonly files: readonly string[];
  /** Whether faces are found and cut out first; `auto`: where the network was trained on such crops. */
  readonly faces: FacesWish;
  /** Where what finds faces lies, for a network that wants them at places of its own. */
  readonly faceWeights?: string | undefined;
  /** Adds what the network saw to each answer. */
  readonly seen?: boolean;
}

/**
 * Asks a model who is in each picture.
 *
 * @returns one answer a picture, in their order; undefined when cancelled
 * @throws UserError as `openModel`; `model-embedding`, `no-pictures`
 */
export async function predict(
  { model: file, files: places, faces, faceWeights, seen }: PredictOptions,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<{ predictions: Prediction[]; runtime: string; network: string } | undefined> {
  const files = places.flatMap(picturesAt);
  if (files.length === 0)
    throw new UserError(
      'no-pictures',
      `There is no picture in ${places.map((place) => `“${place}”`).join(', ')}.`,
      'Name pictures, or a folder that contains some.',
    );
  const model = await openModel(file);
  try {
    requireLabels(model.facts);
    const align = faces === 'align' || (faces === 'auto' && model.facts.input.faces === 'aligned');
    const before = isCheckpoint(file) ? runOfCheckpoint(file).options.faceWeights : undefined;
    const sources = await sourcesOf(files, model.facts, align && { faceWeights, before }, cancelled);
    try {
      const predictions: Prediction[] = [];
      for (let i = 0; i < files.length; i++) {
        if (cancelled()) return undefined;
        const pixels = await sources.pixels(i);
        if (typeof pixels === 'string') predictions.push({ file: files[i]!, error: pixels });
        else {
          const scores = probabilities(await model.run(pixels), model.facts);
          const picture = seen ? { seen: await jpegDataUri(pixels, model.facts.input.width) } : {};
          predictions.push({ ...answer(files[i]!, scores, model.facts.labels), ...picture });
        }
        onProgress(i + 1, files.length);
      }
      return { predictions, runtime: model.runtime, network: model.facts.network.name };
    } finally {
      await sources.clean();
    }
  } finally {
    await model.close();
  }
}

/**
 * A picture as the network takes it: [1, H, W, 3] bytes.
 *
 * @returns why it cannot be read, when it cannot
 */
export async function inputPixels(
  file: string,
  { input: { width, resize } }: ModelFacts,
): Promise<Uint8Array | string> {
  const { pixels, fact } = await decodePicture(file, resize);
  if (!pixels) return fact.fault === 'none' ? 'cannot be read' : FAULTS[fact.fault];
  const middle = new Uint8Array(width * width * 3);
  cropCentre(pixels, resize, middle, 0, width);
  return middle;
}

/** Pictures as the network wants its faces. */
interface Sources {
  /** @returns why there is no face, where there is none */
  pixels(file: number): Promise<Uint8Array | string>;
  clean(): void | Promise<void>;
}

/** @throws UserError `weights-absent` for a network that wants faces at places of its own */
async function sourcesOf(
  files: readonly string[],
  facts: ModelFacts,
  align: false | { readonly faceWeights: string | undefined; readonly before: string | undefined },
  cancelled: () => boolean,
): Promise<Sources> {
  if (!align) return { pixels: (i) => inputPixels(files[i]!, facts), clean: () => undefined };
  const { template, width } = facts.input;
  if (!template) return alignedFiles(files, facts, cancelled);
  const faces = await openAlignedFaces(requireFaceWeights(align.faceWeights, align.before), { template, size: width });
  return {
    async pixels(i) {
      const found = await faces.of(files[i]!);
      return 'fault' in found ? found.fault : (found.faces[0]?.crop ?? NO_ANSWER['no-face']);
    },
    clean: () => faces.close(),
  };
}

async function alignedFiles(files: readonly string[], facts: ModelFacts, cancelled: () => boolean): Promise<Sources> {
  const folder = temporaryFolder('predict');
  const clean = () => fs.rmSync(folder, { recursive: true, force: true });
  const missing = new Map<number, string>();
  const found = files.map((_, i) => path.join(folder, `${i}.jpg`));
  let next = 0;
  try {
    await withAligners(CROP_SIZE, Math.min(os.availableParallelism(), files.length), async (align) => {
      while (next < files.length && !cancelled()) {
        const i = next++;
        const { outcome, reasons } = await align({ source: files[i]!, target: found[i]! });
        if (outcome === 'no-face' || outcome === 'unreadable')
          missing.set(i, reasons[0] ?? 'shows no face that could be found');
      }
    });
  } catch (error) {
    clean();
    throw error;
  }
  return { pixels: async (i) => missing.get(i) ?? (await inputPixels(found[i]!, facts)), clean };
}

function probabilities(values: Float32Array, { output }: ModelFacts): Float32Array {
  return output === 'probabilities' ? values : softmax(values);
}

function answer(file: string, scores: Float32Array, labels: readonly string[]): Prediction {
  const best = argmax(scores);
  return {
    file,
    person: labels[best]!,
    probability: scores[best]!,
    scores: Object.fromEntries(labels.map((label, i) => [label, scores[i]!])),
  };
}
