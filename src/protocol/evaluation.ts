import * as z from 'zod';

// What an evaluation found: what `evaluate --json` prints as its last line, what the page draws, what the report quotes. A value is
// a plain number, and `<value>Interval` beside it holds its 95 % interval; docs/recognition.md names the method of each.

const count = z.int().min(0);
const share = z.number().min(0).max(1);
/** Cosine; of a probe to a person, unless said otherwise. */
const similarity = z.number().min(-1.001).max(1.001);
const interval = z.tuple([z.number(), z.number()]);
/** A rate as people write it: "0.01". */
const rate = z.string().regex(/^(0\.\d*[1-9]|1)$/);
/** Only the rates that the evidence supports are there. */
const shareByRate = z.record(rate, share);
const intervalByRate = z.record(rate, interval);

/** Most entries of a list that is read one by one; of a curve; of points of the map; of similarities. */
export const EVALUATION_LIMITS = {
  list: 200,
  curve: 500,
  confusions: 10_000,
  points: 5000,
  similarities: 100_000,
} as const;
const list = <T extends z.ZodType>(item: T) => z.array(item).max(EVALUATION_LIMITS.list);
const curve = z.array(z.number()).max(EVALUATION_LIMITS.curve);
const similarities = z.array(similarity).max(EVALUATION_LIMITS.similarities);

/** A wish: at most so many of 1,000 strangers are named, with this confidence. */
export const wantedStrangers = z.object({
  strangersPer1000: z.number().positive().max(1000),
  confidence: z.number().gt(0.5).lt(1).default(0.95),
});
export type WantedStrangers = z.infer<typeof wantedStrangers>;

/**
 * Everything that the sentence needs: the page says it anew for each threshold from this alone.
 * A stranger is named, and a known picture recognized, where its similarity is at least the threshold.
 */
export const evidence = z.object({
  /** For each stranger person the highest similarity of any of his pictures to anybody enrolled, highest first; rounded up to 1e-6. */
  strangers: similarities,
  /**
   * For each picture of the user's people that was tried, its similarity to its own person, rounded down to 1e-6; -1 where it
   * is more like another person, so that no threshold makes it right.
   */
  known: similarities,
  /** Of each of `known`: the person's place in `people`. */
  knownPerson: z.array(count).max(EVALUATION_LIMITS.similarities),
  /** "given": strangers of their own; "in-turn": each person as a stranger to the others. */
  strangersFrom: z.enum(['given', 'in-turn']),
  /** With how many people a stranger was compared, and how many are enrolled: one fewer where people play strangers in turn. */
  compared: count,
  enrolled: count,
  wanted: wantedStrangers,
});
export type Evidence = z.infer<typeof evidence>;

const closedSet = z.object({
  /** Share of the pictures that are most like their own person, among all who are enrolled. */
  accuracy: share,
  accuracyInterval: interval,
  /** Share whose own person is among the five most like. */
  top5: share,
  top5Interval: interval,
  right: count,
  /** Pictures tried. */
  of: count,
  /** In the order of `people`: pictures tried, most like their own person, among the first five. */
  byPerson: z.array(z.object({ of: count, right: count, top5: count })),
  /** Pictures of `person` that are most like `takenFor`, places in `people`; the diagonal is `byPerson`. Most frequent first. */
  confusions: z
    .array(z.object({ person: count, takenFor: count, count: z.int().min(1) }))
    .max(EVALUATION_LIMITS.confusions),
});

/** Strangers, by people: somebody counts as named where any of his pictures is. FNIR: pictures of known people that are not recognized. */
const openSet = z.object({
  strangersFrom: evidence.shape.strangersFrom,
  /** At `threshold`. */
  fnir: share,
  fnirInterval: interval,
  missed: count,
  ofPictures: count,
  fpir: share,
  fpirInterval: interval,
  /** One-sided bound on the share of strangers named, at the confidence that was wanted. */
  fpirBound: share,
  named: count,
  ofStrangers: count,
  fnirAtFpir: shareByRate,
  fnirAtFpirInterval: intervalByRate,
  fpirAtFnir: shareByRate,
  fpirAtFnirInterval: intervalByRate,
  /** The same where each picture of a stranger counts by itself, as most publications have it; without interval, which would be too narrow. */
  byPicture: z.object({ fpir: share, ofPictures: count, fnirAtFpir: shareByRate, fpirAtFnir: shareByRate }),
  /** Thresholds, rising, and what they do. */
  curve: z.object({ threshold: curve, fnir: curve, fpir: curve }),
});

const verification = z.object({
  /** "file": a pairs.txt; "made": pairs of the user's own people. */
  pairsFrom: z.enum(['file', 'made']),
  same: count,
  different: count,
  folds: count,
  /** Mean over the folds, each judged at the threshold that is best on the others; absent where there are fewer than two folds. */
  accuracy: share.optional(),
  accuracyInterval: interval.optional(),
  auc: share,
  aucInterval: interval,
  eer: share,
  eerInterval: interval,
  tarAtFar: shareByRate,
  tarAtFarInterval: intervalByRate,
  /** 1 / different: no FAR below is given. */
  smallestFar: share,
  roc: z.object({ far: curve, tar: curve, threshold: curve }),
});

/** A picture and what it was compared with; files as the caller names them. */
const look = {
  picture: z.string(),
  /** Whose folder it lies in. */
  person: z.string(),
  similarity,
  nearestPerson: z.string(),
  /** The enrolled picture of that person that it is most like. */
  nearestPicture: z.string(),
};

export const evaluationMistake = z.object({
  /** A known person named as another; a known person not named; a stranger named. */
  kind: z.enum(['taken-for-another', 'not-recognized', 'stranger-named']),
  ...look,
  /** A sentence. */
  why: z.string(),
});
export type EvaluationMistake = z.infer<typeof evaluationMistake>;

/** A picture that is more like another person's pictures than like the others of its own: perhaps in the wrong folder. */
export const strayPicture = z.object({ ...look, ownSimilarity: similarity });
export type StrayPicture = z.infer<typeof strayPicture>;

const histogram = z.object({
  /** Bins of equal width from `from` to `to`, both ends in. */
  from: z.number(),
  to: z.number(),
  /** Pictures to their own person; pictures to each other person; each stranger to the person he is most like. */
  samePerson: z.array(count),
  otherPeople: z.array(count),
  strangers: z.array(count),
});

/** Principal components of the pictures: the first two are the map, all of them are for layouts like UMAP. */
const map = z.object({
  picture: z.array(z.string()).max(EVALUATION_LIMITS.points),
  /** Place in `people`, -1 for a stranger. */
  person: z.array(z.int().min(-1)),
  /** How many components each picture has. */
  length: z.int().min(1),
  /** [pictures, length], one behind the other. */
  components: z.array(z.number()),
  /** Share of the variance that each component has. */
  explained: z.array(share),
});

export const evaluation = z.object({
  /** What everything below says in two sentences. */
  sentence: z.string(),
  /** What was left out, sampled or could not be said, a sentence each. */
  notes: z.array(z.string()),
  seed: z.int(),
  /** "leave-one-out": each picture against the gallery without it. "gallery": some are enrolled, the others are tried. */
  protocol: z.enum(['leave-one-out', 'gallery']),
  /** Who is enrolled. */
  people: z.array(z.string()),
  counts: z.object({
    people: count,
    pictures: count,
    /** People of one picture, of whom nothing can be tried. */
    single: count,
    strangers: count,
    strangerPictures: count,
  }),
  /** The threshold that all counts are at. */
  threshold: similarity,
  /** Where the threshold for the wanted number of strangers lies, as far as the evidence tells. */
  thresholdInterval: interval,
  thresholdFrom: z.enum(['given', 'evidence', 'none']),
  /** The lowest threshold that carries the wish; where none does, the one above all strangers, and how many strangers are missing. */
  suggestion: z.object({ threshold: similarity, carried: z.boolean(), missing: count }).optional(),
  /** Absent where nobody has a picture to try. */
  closedSet: closedSet.optional(),
  /** Absent without strangers. */
  openSet: openSet.optional(),
  verification: verification.optional(),
  evidence,
  histogram,
  /** Most telling first; `mistakeCount` says how many there are in all. */
  mistakes: list(evaluationMistake),
  mistakeCount: count,
  /** Most alike first, by the cosine of their prototypes; with the two pictures that are most alike, and how many were confused. */
  alikePeople: list(
    z.object({
      people: z.tuple([z.string(), z.string()]),
      similarity,
      pictures: z.tuple([z.string(), z.string()]),
      confused: count,
    }),
  ),
  /** Nearest to the threshold first. */
  nearStrangers: list(z.object({ ...look, named: z.boolean() })),
  /** The clearest first; `strayCount` says how many there are in all. */
  strayPictures: list(strayPicture),
  strayCount: count,
  map: map.optional(),
});
export type Evaluation = z.infer<typeof evaluation>;
export type EvaluationMap = z.infer<typeof map>;
