import * as z from 'zod';

export const FINDING_CODES = [
  'unreadable',
  'too-large',
  'skipped',
  'people-left-out',
  'two-people',
  'looks-like-another',
  'across-split',
  'few-pictures',
  'single-picture',
  'imbalance',
  'exact-duplicates',
  'near-duplicates',
  'too-small',
  'wrong-extension',
  'animated',
  'alike-names',
] as const;

const findingFile = z.object({
  /** Relative to the dataset, with forward slashes; a person's name where the finding is about people. */
  file: z.string(),
  detail: z.string().optional(),
  /** Files of one group belong together, such as copies of one picture. */
  group: z.int().optional(),
  /** A small picture as a data URI, where one was made. */
  thumbnail: z.string().optional(),
});
export type FindingFile = z.infer<typeof findingFile>;

/** One kind of thing worth knowing about a folder, with everything it holds for. */
export const finding = z.object({
  code: z.enum(FINDING_CODES),
  /** An error makes the results wrong; with a warning they are worse than they could be. */
  severity: z.enum(['error', 'warning', 'information']),
  title: z.string(),
  explanation: z.string(),
  /** What to do. */
  advice: z.string(),
  files: z.array(findingFile),
});
export type Finding = z.infer<typeof finding>;

/** What Check Dataset tells; also `check.json` of a run. */
export const datasetReport = z.object({
  version: z.literal(1),
  /** Absolute path. */
  dataset: z.string(),
  layout: z.enum(['folders', 'labels', 'split', 'unnamed']),
  people: z.int(),
  /** Pictures that can be trained with. */
  pictures: z.int(),
  /** Usable pictures of each person, the most first. */
  counts: z.array(z.object({ person: z.string(), pictures: z.int() })),
  findings: z.array(finding),
  /** Files to leave out for a clean folder, relative to it. */
  suggestedExclusions: z.array(z.string()),
});
export type DatasetReport = z.infer<typeof datasetReport>;
