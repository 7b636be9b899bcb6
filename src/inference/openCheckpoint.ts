import { UserError } from '../core/userError.js';
import { storedSize } from '../dataset/augment.js';
import type { ExportSource } from '../export/exportSource.js';
import { facesSeenIn } from '../faces/alignJournal.js';
import { SMALL_FACE_LIMITS } from '../faces/quality.js';
import { inputOf, inputShapeOf, widthOf } from '../graph/graph.js';
import { notFiniteParameters } from '../quantization/quantizerTable.js';
import type { TrainingOptions } from '../protocol/options.js';
import { readCheckpoint } from '../runs/checkpoint.js';
import { floatNetworkOf } from '../runs/checkpointValues.js';
import { damagedCheckpoint } from '../runs/damagedCheckpoint.js';
import { runOfCheckpoint, type CheckpointRun } from '../runs/checkpointRun.js';
import { batchNormMomentum } from '../training/batchNormMomentum.js';

/** A checkpoint with what its run knows. */
export interface OpenedCheckpoint extends ExportSource {
  readonly run: CheckpointRun;
}

/**
 * Reads a checkpoint for an export.
 *
 * @throws UserError what the checkpoint is refused for, or `not-finite`
 */
export function openCheckpoint(checkpoint: string): OpenedCheckpoint {
  const read = readCheckpoint(checkpoint);
  const { session } = read;
  const run = runOfCheckpoint(checkpoint);
  const { options, network, people } = run;
  const broken = notFiniteParameters(session.parameters);
  if (broken.length > 0)
    throw new UserError(
      'not-finite',
      `The network cannot be exported: ${broken[0]!} holds numbers that are not finite.`,
      'Use an earlier checkpoint.',
    );
  const { size } = network;
  const float = floatNetworkOf(checkpoint, read, run);
  // Its run says how pictures become what the network takes, and whom its scores are of.
  if (inputShapeOf(float).join() !== [size, size, 3].join() || ![0, people.length].includes(widthOf(float, 'scores')))
    throw damagedCheckpoint(checkpoint, 'its network is not the one that its run tells of');
  const { scaling = 'x / 127.5 - 1' } = inputOf(float);
  return {
    ...{ run, float, parameters: session.parameters, quantization: options.quantization },
    // Of a run of many steps: who trains on has as many before them.
    batchNormMomentum: batchNormMomentum(options.batchNormMomentum, session.step + 1, 1000),
    facts: {
      version: 2,
      labels: [...people],
      input: {
        ...{ width: size, height: size, layout: 'NHWC', colour: 'RGB', scaling },
        resize: storedSize(size, options.augmentation),
        // A run of version 1 does not say: what lies in the folder now is the best guess.
        faces: run.faces ?? facesSeenIn(options.dataset),
        ...(run.template && { template: run.template }),
        ...(learnsSmallFaces(options) && { limits: SMALL_FACE_LIMITS }),
      },
      network: { ...network, name: float.name },
    },
  };
}

/** Whether all of the network, not its last layer alone, was trained on faces as blurred as small ones. */
function learnsSmallFaces({ weights, frozen, augmentation }: TrainingOptions): boolean {
  return weights === 'faces' && !frozen && augmentation.small > 0;
}
