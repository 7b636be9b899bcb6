import * as z from 'zod';

// What several recipes came to on the same pictures: what `compare-recipes --json` prints as its last line.

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const interval = z.tuple([z.number(), z.number()]);

/** A validation picture and whether a network put its own person first. */
export const answer = z.object({ file: z.string(), person: z.string(), right: z.boolean() });
export type Answer = z.infer<typeof answer>;

const recipeOutcome = z.object({
  recipe: z.string(),
  /** Over all seeds: pictures whose own person came first, of those that every recipe answered. */
  right: count,
  of: count,
  /** Mean of the seeds, in the order of `seeds` each. */
  accuracy: share,
  accuracyInterval: interval,
  bySeed: z.array(share),
  /** Pictures that others answered and this one could not, over all seeds: no face was found in them. */
  unanswered: count,
  /** Of training, mean of the runs; of all processes of a run. */
  seconds: z.number().min(0),
});
export type RecipeOutcome = z.infer<typeof recipeOutcome>;

const recipePair = z.object({
  first: z.string(),
  second: z.string(),
  /** Accuracy of the first less that of the second. */
  difference: z.number().min(-1).max(1),
  differenceInterval: interval,
  /** Which is better; `open` where the interval holds zero. */
  better: z.enum(['first', 'second', 'open']),
  /** What would make the interval narrower sooner. */
  wants: z.enum(['people', 'seeds']),
});
export type RecipePair = z.infer<typeof recipePair>;

export const recipeComparison = z.object({
  /** Of chance, one after the other. */
  seeds: z.array(count),
  /** Validation pictures of each seed that every recipe answered, and how many people they show over all seeds. */
  pictures: z.array(count),
  people: count,
  recipes: z.array(recipeOutcome),
  pairs: z.array(recipePair),
  /** All pairs together are right with this confidence; an interval of accuracy alone. */
  confidence: share,
});
export type RecipeComparison = z.infer<typeof recipeComparison>;
