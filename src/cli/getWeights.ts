import path from 'node:path';
import {
  downloadImageNetWeights,
  imageNetFile,
  isDownloaded,
  type PretrainedNetwork,
} from '../weights/imageNetWeights.js';
import {
  addressOf,
  downloadedFaceWeights,
  downloadFaceWeights,
  FACE_WEIGHTS_MEGABYTES,
  findFaceWeights,
  PUBLISHED_FILES,
} from '../weights/faceWeights.js';
import type { TrainingOptions } from '../protocol/options.js';
import { ask } from './ask.js';
import { isRecognizer, readRecognizer } from '../recognizers/recognizerFolder.js';

/**
 * Gets the ImageNet weights that a training wants, when the user has said yes: by an option, or to a question at a
 * terminal. Without either the training itself says that they are missing.
 */
export async function getWeights(
  options: TrainingOptions,
  consent: boolean,
  say: (line: string) => void,
): Promise<void> {
  if (options.weights !== 'imagenet') return;
  const file = imageNetFile(options);
  if (isDownloaded(file)) return;
  if (
    !consent &&
    !(await ask(
      `Training needs ImageNet weights, about ${file.megabytes} MB from ${new URL(file.url).host}. Download them once? [Y/n] `,
      true,
    ))
  )
    return;
  await downloadWeights(options, say);
}

export async function downloadWeights(network: PretrainedNetwork, say: (line: string) => void): Promise<void> {
  const file = imageNetFile(network);
  if (isDownloaded(file)) {
    say(`The weights are already in ${file.path}`);
    return;
  }
  say(`Downloading ${file.name} from ${new URL(file.url).host}`);
  await downloadImageNetWeights(file, { onProgress: everyTwoMegabytes(say) });
  say(`The weights are now in ${file.path}`);
}

/**
 * Gets the face network that a recognizer wants, as `getWeights` does. Without it the network inside the program serves, and
 * the answers say so.
 *
 * @param named the user's own, which are not looked at here
 */
export async function getFaceWeights(
  named: string | undefined,
  consent: boolean,
  say: (line: string) => void,
): Promise<void> {
  if (named !== undefined || findFaceWeights()) return;
  const question = `People are told apart by a face network, about ${FACE_WEIGHTS_MEGABYTES} MB from ${faceWeightsHost()}. Download it once? [Y/n] `;
  if (consent || (await ask(question, true))) await downloadFaces(say);
}

/** {@link getFaceWeights} where a recognizer was made with them; whatever else it needs, the trainer says. */
export async function getNetworkOf(
  recognizer: string,
  named: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  if (isRecognizer(recognizer) && readRecognizer(recognizer).record.network.kind === 'face')
    await getFaceWeights(named, false, say);
}

export async function downloadFaces(say: (line: string) => void): Promise<void> {
  const { face } = downloadedFaceWeights();
  const folder = path.dirname(face.xml);
  if (findFaceWeights()?.face.xml === face.xml) {
    say(`The face weights are already in ${folder}`);
    return;
  }
  say(`Downloading the face network from ${faceWeightsHost()}`);
  await downloadFaceWeights({ onProgress: everyTwoMegabytes(say) });
  say(`The face weights are now in ${folder}`);
}

function faceWeightsHost(): string {
  return new URL(addressOf(PUBLISHED_FILES[0]!)).host;
}

function everyTwoMegabytes(say: (line: string) => void): (bytes: number, total: number | undefined) => void {
  let told = 0;
  return (bytes, total) => {
    if (bytes - told < 2e6 && bytes !== total) return;
    told = bytes;
    say(`  ${(bytes / 1e6).toFixed(1)}${total === undefined ? '' : ` of ${(total / 1e6).toFixed(1)}`} MB`);
  };
}
