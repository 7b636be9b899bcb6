import path from 'node:path';
import { readSummary } from './runSummary.js';

/** "wild": a run by the name of its dataset, else by its folder's. */
export function runTitle(runFolder: string, summary = readSummary(runFolder)): string {
  return path.basename(summary?.dataset ?? runFolder);
}
