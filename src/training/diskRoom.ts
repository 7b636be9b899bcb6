import fs from 'node:fs';
import { formatBytes } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { sizeOf, type Graph } from '../graph/graph.js';
import { withPeople } from '../graph/cosineHead.js';
import { fileBytes } from './classes/openClasses.js';
import type { RunContext } from './runContext.js';

const FLOAT_BYTES = 4;
/** Beside those that are kept: the best one, and one that is being written. */
const BESIDE_KEPT = 2;

/**
 * Asked before the first step: whether the disk has room for the checkpoints of a run. Too little for all is a warning.
 *
 * @throws UserError `disk-full` where it has none for a single one
 */
export function requireRoom({ options, folder, tell, ports, from }: RunContext, graph: Graph): void {
  const free = (ports.freeBytes ?? freeBytes)(folder.path);
  if (free === undefined) return;
  const ofPeople = fileBytes(graph, options, ports);
  const each = ofPeople + checkpointBytes(ofPeople > 0 ? withPeople(graph, 0) : graph, options.averageDecay > 0);
  // Of a run that goes on, most are there already.
  const most = from ? BESIDE_KEPT : options.keepCheckpoints + BESIDE_KEPT;
  if (free >= most * each) return;
  const message =
    `A checkpoint of this network takes ${formatBytes(each)} and the run may keep ${most} at a time, ` +
    `but the disk of the run folder has ${formatBytes(free)} left.`;
  const advice = 'Free some space on it, or choose a run folder on another disk.';
  if (free < each && !from) throw new UserError('disk-full', message, advice);
  tell({ type: 'warning', code: 'disk-small', message, advice });
}

/** Every parameter, its average beside it, and two moments of each that trains. */
function checkpointBytes({ parameters }: Graph, averaged: boolean): number {
  const values = (trainable: boolean) => (trainable ? 3 : 1) + (averaged ? 1 : 0);
  return parameters.reduce((sum, { shape, trainable }) => sum + FLOAT_BYTES * sizeOf(shape) * values(trainable), 0);
}

/** File systems that do not know their own size, as some of the network's, say that it is nothing. */
function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize, blocks } = fs.statfsSync(folder);
    return blocks > 0 ? bavail * bsize : undefined;
  } catch {
    return undefined;
  }
}
