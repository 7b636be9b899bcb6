import type { DatasetReport } from '../protocol/check.js';

/** The text of an exclusion list: what a check suggests to leave out, one path a line. */
export function exclusionList({ dataset, suggestedExclusions }: DatasetReport): string {
  const head = [
    `# Pictures of ${dataset} to leave out, as suggested by Check Dataset.`,
    '# One path a line, relative to that folder. Take lines out or add some.',
  ];
  return [...head, ...suggestedExclusions, ''].join('\n');
}
