import type { Dataset } from './dataset.js';
import type { SkippedFile } from './scanDataset.js';

/**
 * A dataset that leaves some pictures out, and with them people of whom no picture trains any more; the split of the others stays.
 *
 * @param faults by picture number why
 */
export function withoutPictures(dataset: Dataset, faults: ReadonlyMap<number, string>): Dataset {
  if (faults.size === 0) return dataset;
  const { split, labels, people, files } = dataset;
  const train = split.train.filter((picture) => !faults.has(picture));
  const trained = new Set(train.map((picture) => labels[picture]!));
  const classes = people.map((_, label) => label).filter((label) => trained.has(label));
  const labelOf = new Map(classes.map((label, i) => [label, i]));
  const validation = split.validation.filter(
    (picture) => !faults.has(picture) && (dataset.openSet || trained.has(labels[picture]!)),
  );
  const skipped: SkippedFile[] = [...faults].map(([picture, reason]) => ({ file: files[picture]!, reason }));
  return {
    ...dataset,
    people: classes.map((label) => people[label]!),
    labels: labels.map((label) => labelOf.get(label) ?? -1),
    usable: dataset.usable - faults.size,
    split: { train, validation },
    skipped: [...dataset.skipped, ...skipped],
  };
}
