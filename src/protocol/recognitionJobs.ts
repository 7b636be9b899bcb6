import * as z from 'zod';
import { evaluation } from './evaluation.js';
import { optionInfo } from './optionInfo.js';
import { absolutePath, order, type JobWords } from './order.js';
import { answer, enrolment, leftOut, networkAtWork, recognizerSummary } from './recognition.js';

// The jobs of recognition: a gallery of faces instead of a training.

/** Face weights that lie elsewhere than where they are looked for. */
export const faceWeights = absolutePath.optional().register(optionInfo, {
  flag: 'face-weights',
  value: 'FILE',
  help: 'the face network from a file or folder of yours instead of the one that was packed or downloaded',
});
export const faces = z.enum(['on', 'off']).default('on').register(optionInfo, {
  flag: 'faces',
  value: 'NAME',
  help: 'off for pictures that are aligned crops of faces already; on finds and aligns the face first',
});
const seen = z.boolean().default(false);
const seed = z.int().min(0).max(0xffffffff).default(0).register(optionInfo, {
  flag: 'seed',
  value: 'N',
  help: 'of whatever is drawn by chance',
});
const strangersPer1000 = z.number().gt(0).max(500).default(10).register(optionInfo, {
  flag: 'strangers-per-1000',
  value: 'F',
  help: 'how many of 1,000 strangers may get a name, at most',
});

const KEPT = 'The recognizer is as it was.';

/** A change that needs the network. */
const change = z.discriminatedUnion('kind', [
  /** "This is …": pictures become pictures of a person, known or new. */
  z.object({ kind: z.literal('add'), person: z.string().min(1), files: z.array(absolutePath).min(1) }),
  /** "Not this person": faces like those of these pictures are not to be named so. */
  z.object({ kind: z.literal('notThisPerson'), person: z.string().min(1), files: z.array(absolutePath).min(1) }),
]);
export type RecognizerChange = z.infer<typeof change>;

const changed = z.object({
  recognizer: recognizerSummary,
  /** What was done, as a sentence. */
  done: z.string(),
  leftOut: z.array(leftOut),
});
export type Changed = z.infer<typeof changed>;

const recognition = z.object({
  /** Name of the recognizer. */
  recognizer: z.string(),
  network: networkAtWork,
  /** What computed, in words. */
  runtime: z.string(),
  answers: z.array(answer),
});
export type Recognition = z.infer<typeof recognition>;

export const RECOGNITION_JOBS = {
  /** Makes a recognizer of a folder of people. */
  enroll: {
    order: order('enroll', {
      dataset: absolutePath,
      /** Folder of the recognizer: absent, or one, which is replaced. */
      recognizer: absolutePath,
      /** Of each person, drawn by the seed; absent for all. */
      pictures: z.int().min(1).optional().register(optionInfo, {
        flag: 'pictures',
        value: 'N',
        help: 'pictures to enrol of each person, drawn by the seed; all where nothing is said',
      }),
      seed,
      /** A checkpoint or an exported file whose embedding is compared, in place of the face network. */
      network: absolutePath.optional().register(optionInfo, {
        flag: 'network',
        value: 'FILE',
        help: 'a checkpoint or an exported file of yours whose embedding is compared, instead of the face network',
      }),
      faceWeights,
      faces,
      strangersPer1000,
    }),
    word: z.object({ type: z.literal('enrolled'), enrolment }),
    noun: 'enrolment',
    again: 'Enrol again',
    kept: KEPT,
  },
  /** Asks a recognizer who is in pictures. */
  recognize: {
    order: order('recognize', {
      recognizer: absolutePath,
      files: z.array(absolutePath).min(1),
      faceWeights,
      faces,
      seen,
    }),
    word: z.object({ type: z.literal('recognized'), recognition }),
    noun: 'recognition',
    again: 'Ask again',
  },
  /** Changes a recognizer where that needs the network; `src/recognizers` has the other changes. */
  editRecognizer: {
    order: order('editRecognizer', { recognizer: absolutePath, change, faceWeights, faces }),
    word: z.object({ type: z.literal('edited'), changed }),
    noun: 'change of the recognizer',
    again: 'Change it again',
    kept: KEPT,
  },
  /** How often a recognizer, a checkpoint or an exported file is wrong. */
  evaluate: {
    order: order('evaluate', {
      /** A recognizer, a checkpoint, or an exported file. */
      model: absolutePath,
      probes: absolutePath.optional().register(optionInfo, {
        flag: 'probes',
        value: 'FOLDER',
        help: 'other pictures of the people, a folder for each; else each enrolled picture is tried against the others',
      }),
      strangers: absolutePath.optional().register(optionInfo, {
        flag: 'strangers',
        value: 'FOLDER',
        help: 'pictures of strangers, a folder for each; else each person is a stranger to the others in turn',
      }),
      pairs: absolutePath.optional().register(optionInfo, {
        flag: 'pairs',
        value: 'FOLDER',
        help: 'a pairs.txt in LFW’s format and its pictures; else pairs are made of the people',
      }),
      /** Absent: what the recognizer was made for, or 10. */
      strangersPer1000: z.number().gt(0).max(500).optional().register(optionInfo, {
        flag: 'strangers-per-1000',
        value: 'F',
        help: 'how many of 1,000 strangers may get a name, at most; what the recognizer was made for, or 10',
      }),
      seed,
      faceWeights,
      faces,
    }),
    word: z.object({
      type: z.literal('evaluated'),
      evaluation,
      network: networkAtWork,
      /** Of a recognizer. */
      recognizer: recognizerSummary.optional(),
    }),
    noun: 'evaluation',
    again: 'Evaluate again',
    kept: KEPT,
  },
  /** Stays, with everything loaded, and answers requests until it is stopped or nobody has asked for a while. */
  answer: {
    order: order('answer', {
      recognizer: absolutePath,
      faceWeights,
      faces,
      idleSeconds: z.number().min(1).max(86_400).default(60),
    }),
    word: z.object({ type: z.literal('rested'), why: z.enum(['idle', 'stopped']), requests: z.int().min(0) }),
    noun: 'answering',
    again: 'Ask again',
    kept: KEPT,
  },
} satisfies Record<string, JobWords & { readonly order: z.ZodObject; readonly word: z.ZodObject }>;

/** Client → a trainer that answers. */
export const request = z.object({
  type: z.literal('request'),
  /** Comes back with the reply. */
  id: z.int().min(0),
  wish: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('recognize'), files: z.array(absolutePath).min(1), seen }),
    ...change.options,
  ]),
});
export type Request = z.infer<typeof request>;
export type Wish = Request['wish'];

/** A trainer that answers → client, one for each request. */
export const reply = z.object({
  type: z.literal('reply'),
  id: z.int().min(0),
  result: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('recognized'), recognition }),
    z.object({ kind: z.literal('changed'), changed }),
    z.object({ kind: z.literal('refused'), code: z.string(), message: z.string(), advice: z.string() }),
  ]),
});
export type Reply = z.infer<typeof reply>;
/** Everything is loaded: requests are answered at once. */
export const ready = z.object({ type: z.literal('ready'), network: networkAtWork, runtime: z.string() });
