import { UserError } from '../core/userError.js';
import type { RecognizerNetwork } from '../recognizers/recognizer.js';
import { findFaceWeights } from '../weights/faceWeights.js';
import { dlibSight } from './dlib/dlibSight.js';
import { faceSight } from './faceSight.js';
import { modelSight } from './modelSight.js';
import type { Sight } from './sight.js';

export interface SightWish {
  /** A checkpoint or an exported file; absent for the face network. */
  readonly network?: string | undefined;
  /** Face weights that lie elsewhere than where they are looked for. */
  readonly faceWeights?: string | undefined;
  readonly faces: 'on' | 'off';
}

/**
 * Opens the network that is wished for: one that was trained here, else the face network, else dlib's, which is always there.
 *
 * @throws UserError where it cannot be had
 */
export async function openSight({ network, faceWeights, faces }: SightWish): Promise<Sight> {
  if (network !== undefined) return modelSight(network, faces, faceWeights);
  const weights = findFaceWeights(faceWeights);
  return weights ? faceSight(weights, faces) : dlibSight(faces);
}

/**
 * Opens the network that a recognizer was made with.
 *
 * @throws UserError `recognizer-network` where another one stands in its place, or none
 */
export async function openSightOf(
  name: string,
  network: RecognizerNetwork,
  wish: Omit<SightWish, 'network'>,
): Promise<Sight> {
  if (network.kind === 'face' && !findFaceWeights(wish.faceWeights)) throw absentNetwork(name);
  const sight =
    network.kind === 'dlib' ? await dlibSight(wish.faces) : await openSight({ ...wish, network: network.path });
  const { digest, precision, length, name: found } = sight.embedder.network;
  if (digest === network.digest && precision === network.precision && length === network.length) return sight;
  await sight.close();
  throw otherNetwork(name, found);
}

function absentNetwork(recognizer: string): UserError {
  return new UserError(
    'recognizer-network',
    `The recognizer “${recognizer}” was made with the face network, which is not on this machine.`,
    'Get it with “face-trainer download-weights --face”, or name its files in the setting “faceTrainer.faceWeights”.',
  );
}

/** @param found name of the network that is there */
export function otherNetwork(recognizer: string, found: string): UserError {
  return new UserError(
    'recognizer-network',
    `The recognizer “${recognizer}” belongs to another network than the one at work (${found}): their embeddings cannot be compared.`,
    'Enrol the pictures again, or bring the network back.',
  );
}
