import * as z from 'zod';
import { optionInfo } from './optionInfo.js';
import { absolutePath, order, type JobWords } from './order.js';

// What the product keeps of people on this machine: a list of it, its removal, and the forgetting of one person.

const count = z.int().min(0);

export const PERSONAL_KINDS = [
  'pictures',
  'pixel-cache',
  'face-cache',
  'embeddings',
  'aligned',
  'run',
  'recognizer',
  'export',
  'exclusions',
  'check',
  'temporary',
  'evidence',
  'list',
] as const;
export type PersonalKind = (typeof PERSONAL_KINDS)[number];

/** A place on this machine that shows or names people, or holds traces of their faces. */
export const personalPlace = z.object({
  /** Of this place among all: what is removed is named by it. */
  id: z.string(),
  kind: z.enum(PERSONAL_KINDS),
  /** Absolute. */
  path: z.string(),
  /** In plain words. */
  holds: z.string(),
  /** Folder of the pictures, where that is known. */
  dataset: z.string().optional(),
  bytes: count,
  files: count,
  /** Why it stays whatever is asked; absent where it can be removed. */
  stays: z.string().optional(),
});
export type PersonalPlace = z.infer<typeof personalPlace>;

/** A place, and why something of it is still there. */
const left = z.object({ path: z.string(), why: z.string() });
export type LeftPlace = z.infer<typeof left>;

/** Somewhere that a person was found. */
export const personTrace = z.object({
  kind: z.enum(PERSONAL_KINDS),
  path: z.string(),
  /** "12 decoded pictures": in plain words, without the name. */
  found: z.string(),
  /** Of what is erased or written anew. */
  bytes: count,
});
export type PersonTrace = z.infer<typeof personTrace>;

/** What a forgetting leaves, and says: networks that were trained with the person, their own pictures. */
const remains = z.object({ path: z.string(), what: z.string(), bytes: count });

/** A search of the bytes on the disk. */
export const traceSearch = z.object({
  places: count,
  files: count,
  bytes: count,
  /** Ways to write the name, pictures and vectors that were looked for. */
  names: count,
  pictures: count,
  vectors: count,
  /** Where something was found. */
  hits: z.array(z.object({ path: z.string(), what: z.string() })),
});
export type TraceSearch = z.infer<typeof traceSearch>;

export const forgetting = z.object({
  /** False: nothing was changed. */
  done: z.boolean(),
  dataset: z.string(),
  traces: z.array(personTrace),
  /** The user's own pictures of the person. */
  pictures: z.array(z.string()),
  remains: z.array(remains),
  /** What could not be done, and why. */
  left: z.array(left),
  /** How to train again without the person. */
  advice: z.array(z.string()),
  /** Afterwards. */
  search: traceSearch.optional(),
  /** Where it is written down, without the name, */
  evidence: z.string().optional(),
  /** and the code that shows whom it is about, which is written nowhere. */
  code: z.string().optional(),
});
export type Forgetting = z.infer<typeof forgetting>;

/** Folders that may have a `.face-trainer` in them, beside those that are known. */
const folders = z.array(absolutePath);

export const PERSONAL_JOBS = {
  /** Lists all that is kept of people. */
  listPersonal: {
    order: order('listPersonal', { folders }),
    word: z.object({ type: z.literal('personalListed'), places: z.array(personalPlace) }),
    noun: 'search for personal data',
    again: 'Search again',
  },
  /** Removes some of what was listed, and never the user's own pictures. */
  deletePersonal: {
    order: order('deletePersonal', { folders, ids: z.array(z.string()).min(1) }),
    word: z.object({
      type: z.literal('personalDeleted'),
      removed: z.array(personalPlace),
      left: z.array(left),
    }),
    noun: 'removal of personal data',
    again: 'Remove it again',
  },
  /** Finds a person in all that is kept of a folder of pictures, and erases them from it. */
  forget: {
    order: order('forget', {
      folders,
      dataset: absolutePath,
      person: z.string().min(1),
      /** False only finds. */
      change: z.boolean(),
      /** Whether the user's own pictures of the person are removed, too. */
      pictures: z.boolean().default(false).register(optionInfo, {
        flag: 'with-pictures',
        help: 'remove your own pictures of the person from the folder, too',
      }),
      /** What becomes of networks that were trained with the person. */
      networks: z.enum(['keep', 'delete']).default('keep').register(optionInfo, {
        flag: 'networks',
        value: 'NAME',
        help: 'what becomes of networks that learned the face: keep, or delete with the files they were exported to',
      }),
    }),
    word: z.object({ type: z.literal('forgotten'), forgetting }),
    noun: 'forgetting of a person',
    again: 'Forget the person again: what was erased stays erased, and the rest follows',
  },
} satisfies Record<string, JobWords & { readonly order: z.ZodObject; readonly word: z.ZodObject }>;
