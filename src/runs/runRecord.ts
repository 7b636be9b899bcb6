import * as z from 'zod';
import { facesSeen, networkOptionsOf, networkOptions } from '../graph/networkOptions.js';
import { template } from '../graph/preprocessing.js';
import { trainingOptions } from '../protocol/options.js';
import { writeFileAtomically, withDiskErrors } from '../platform/files.js';
import { readOwnFile } from '../platform/regularFile.js';
import { runDisk } from './runDisk.js';
import { RunFolder } from './runFolder.js';

/** What `run.json` holds: enough to repeat the run. `engine`, `network` and `data` follow once they are known. */
const runRecord = z.object({
  version: z.literal(2),
  /** Name of the folder when the run began. */
  id: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  options: trainingOptions,
  /** Looked at when the run began: the pictures may move. Absent where version 1 was read. */
  faces: facesSeen.optional(),
  /** To which faces are aligned, of a network that wants its own. */
  template: template.optional(),
  /** Whose embedding it learns to give, by `networkDigest`. */
  teacher: z.object({ name: z.string(), digest: z.string() }).optional(),
  versions: z.object({ faceTrainer: z.string(), node: z.string(), platform: z.string() }),
  engine: z.object({ name: z.string(), detail: z.string() }).optional(),
  network: networkOptions.extend({ name: z.string(), parameters: z.int() }).optional(),
  data: z
    .object({
      /** By class. */
      people: z.array(z.string()),
      images: z.int(),
      trainImages: z.int(),
      validationImages: z.int(),
      /** Of the names and sizes of all pictures. */
      fingerprint: z.string(),
      /** Left out because no face was found in them, relative to the folder; absent where faces are not looked for. */
      withoutFace: z.array(z.string()).optional(),
    })
    .optional(),
});
export type RunRecord = Readonly<z.output<typeof runRecord>>;

/** Of 0.1.0: there was one backbone. */
const firstRecord = runRecord.extend({
  version: z.literal(1),
  network: z.object({ name: z.string(), parameters: z.int() }).optional(),
});

/** A million names of people take some 30 MB. */
const MOST_BYTES = 1 << 28;

/** @throws UserError when the disk does not take it */
export function writeRunRecord(folder: RunFolder, record: RunRecord): void {
  withDiskErrors(runDisk(folder.path), () =>
    writeFileAtomically(folder.record, `${JSON.stringify(record, null, 2)}\n`),
  );
}

/** @throws when it is missing or not what it should be */
export function readRunRecord(runFolder: string): RunRecord {
  const record: unknown = JSON.parse(readOwnFile(new RunFolder(runFolder).record, MOST_BYTES).toString('utf8'));
  const first = firstRecord.safeParse(record).data;
  if (!first) return runRecord.parse(record);
  return { ...first, version: 2, network: first.network && { ...networkOptionsOf(first.options), ...first.network } };
}

/** Whom the classes of a run stand for; undefined when its record cannot be read or is not that far. */
export function peopleOfRun(runFolder: string): readonly string[] | undefined {
  try {
    return readRunRecord(runFolder).data?.people;
  } catch {
    return undefined;
  }
}
