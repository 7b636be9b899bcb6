import fs from 'node:fs';
import path from 'node:path';
import { describeNotRun } from './notRun.js';

/** Real pictures and weights, never part of the repository: present on the project's own machines. */
const shared = path.resolve(import.meta.dirname, '../../../shared');

export const sharedPaths = {
  orl: path.join(shared, 'data', 'orl'),
  wild: path.join(shared, 'data', 'wild'),
  pairs: path.join(shared, 'data', 'pairs'),
  /** Networks of the Open Model Zoo. */
  faceWeights: path.join(shared, 'weights', 'omz'),
  weights1: path.join(shared, 'weights', 'mobilenetv2_1.0_224_imagenet_google_bncal.npz'),
  weights05: path.join(shared, 'weights', 'mobilenetv2_0.5_96_imagenet_google_bncal.npz'),
} as const;

/** Defines tests on real data where it is; elsewhere they are counted as not run. */
export function withShared(what: string, paths: readonly string[], define: () => void): void {
  const absent = paths.filter((file) => !fs.existsSync(file));
  if (absent.length === 0) define();
  else
    describeNotRun(
      what,
      `absent: ${absent.map((file) => path.relative(shared, file)).join(', ')} of ../shared`,
      define,
    );
}
