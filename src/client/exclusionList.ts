import { createHash } from 'node:crypto';
import path from 'node:path';
import type { DatasetReport } from '../protocol/check.js';

/** The text of an exclusion list: what a check suggests to leave out, one path a line. */
export function exclusionList({ dataset, suggestedExclusions }: DatasetReport): string {
  const head = [
    `# Pictures of ${dataset} to leave out, as suggested by Check Dataset.`,
    '# One path a line, relative to that folder. Take lines out or add some.',
  ];
  return [...head, ...suggestedExclusions, ''].join('\n');
}

/** Where the editor keeps the list of a dataset: next to the runs. */
export function exclusionFile(runs: string, dataset: string): string {
  const root = path.resolve(dataset);
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 8);
  return path.join(path.dirname(runs), 'exclude', `${path.basename(root).slice(0, 40)}-${hash}.txt`);
}
