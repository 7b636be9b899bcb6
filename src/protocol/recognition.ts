import * as z from 'zod';

// Who is in a picture, as a recognizer says it, and what a recognizer is, in the words of every program.

const count = z.int().min(0);
/** Cosine of the angle between two embeddings. */
const similarity = z.number().min(-1.001).max(1.001);

/** What answers call somebody whom the recognizer does not know; no person may have this name. */
export const UNKNOWN = 'unknown';

/** Where the numbers of an embedding come from: what a gallery is bound to. */
export const networkAtWork = z.object({
  name: z.string().min(1).max(200),
  /** `face`: face weights; `dlib`: what serves without any; `checkpoint` and `file`: a network that was trained here. */
  kind: z.enum(['face', 'dlib', 'checkpoint', 'file']),
  /** SHA-256 of the network, hex. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  precision: z.enum(['float32', 'int8']),
});
export type NetworkAtWork = z.infer<typeof networkAtWork>;

/** How well a face can be seen. */
export const faceQuality = z.object({
  /** Side of the aligned square in pixels of the picture. */
  pixels: z.number().min(0),
  /** Sharpness; the more the sharper. */
  blur: z.number().min(0),
  /** How far it is turned away, 0 for none. */
  pose: z.number().min(0),
});
export type FaceQuality = z.infer<typeof faceQuality>;

/** Why a picture is answered with no name, and the words that follow the name of its file. */
export const NO_ANSWER = {
  'no-face': 'shows no face that could be found',
  'too-small': 'shows a face of too few pixels to tell whose it is',
  'too-blurred': 'shows a face too blurred to tell whose it is',
  'turned-away': 'shows a face turned too far away to tell whose it is',
  unreadable: 'cannot be read',
} as const;
export type NoAnswer = keyof typeof NO_ANSWER;
const reason = z.enum(Object.keys(NO_ANSWER) as [NoAnswer, ...NoAnswer[]]);

const likeness = z.object({ person: z.string(), similarity });
export type Likeness = z.infer<typeof likeness>;

/** Who is in a picture. */
export const recognized = z.object({
  file: z.string(),
  /** A name, or `unknown`. */
  person: z.string(),
  known: z.boolean(),
  /** To the person who is most like the face, whether that is enough or not. */
  similarity,
  /** From this similarity on a face gets a name. */
  threshold: similarity,
  /** The person whom `similarity` is about; absent where all people were ruled out by "not this person". */
  nearest: z.string().optional(),
  /** The second of the people. */
  runnerUp: likeness.optional(),
  /** Of all enrolled pictures of `nearest` the one that is most like the face. */
  mostLike: z.object({ person: z.string(), file: z.string(), similarity }).optional(),
  /** Whose name the face would have had, had not "not this person" been said of one that is more like it. */
  ruledOut: likeness.optional(),
  /** Faces in the picture; the answer is about one of them. */
  faces: z.int().min(1),
  quality: faceQuality.optional(),
  /** What is to be known of the answer beside, as sentences. */
  notes: z.array(z.string()),
  /** Data URI of what the network saw, where that was asked for. */
  seen: z.string().optional(),
});
export type Recognized = z.infer<typeof recognized>;

/** Why nobody can be told in a picture. */
export const noAnswer = z.object({
  file: z.string(),
  reason,
  /** The words that follow the name of the file. */
  error: z.string(),
  faces: count,
  quality: faceQuality.optional(),
  seen: z.string().optional(),
});

/** What a picture is answered with. */
export const answer = z.union([recognized, noAnswer]);
export type Answer = z.infer<typeof answer>;

/** From which similarity on a face gets a name, and how that is known. */
export const threshold = z.object({
  value: similarity,
  /** So many of 1,000 strangers may be named, at most. */
  strangersPer1000: z.number().gt(0).max(500),
  evidence: z.discriminatedUnion('kind', [
    /** What was measured with the network elsewhere, for this number of people. */
    z.object({ kind: z.literal('table'), people: count }),
    /** The user's own strangers: of so many people so many would be named, with 95 % confidence at most `bound` of all. */
    z.object({
      kind: z.literal('strangers'),
      /** Enrolled when it was tried. */
      people: count,
      strangers: z.int().min(1),
      named: count,
      bound: z.number().min(0).max(1),
      /** A folder of strangers, or the enrolled people, each as a stranger to the others. */
      from: z.enum(['given', 'in-turn']),
    }),
    /** Nothing is known of the network: a guess. */
    z.object({ kind: z.literal('none'), people: count }),
    /** Set by hand. */
    z.object({ kind: z.literal('hand'), people: count }),
  ]),
});
export type Threshold = z.infer<typeof threshold>;

export const recognizerSummary = z.object({
  /** Absolute. */
  folder: z.string().min(1),
  name: z.string(),
  network: networkAtWork,
  people: z.array(z.object({ person: z.string(), pictures: count, notThisPerson: count })),
  threshold,
  /** What was done last, as `undo` would take it back; absent where nothing can be taken back. */
  lastChange: z.string().optional(),
});
export type RecognizerSummary = z.infer<typeof recognizerSummary>;

/** Pictures that an enrolment did not take as they are. */
export const leftOut = z.object({ file: z.string(), person: z.string(), reason: z.string() });
export type LeftOut = z.infer<typeof leftOut>;
export const enrolment = z.object({
  recognizer: recognizerSummary,
  /** Looked at, of which `enrolled` stand in the gallery. */
  pictures: count,
  enrolled: count,
  leftOut: z.array(leftOut),
  /** Pictures with several faces: the one that is most like the others of its folder was taken, else the largest. */
  severalFaces: z.array(z.object({ file: z.string(), person: z.string(), faces: z.int().min(2) })),
  seconds: z.number().min(0),
  /** As sentences. */
  warnings: z.array(z.string()),
});
export type Enrolment = z.infer<typeof enrolment>;
