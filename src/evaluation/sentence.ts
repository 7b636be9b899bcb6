import { formatCount } from '../core/format.js';
import type { Evidence } from '../protocol/evaluation.js';
import { trialsNeeded } from './bounds.js';
import { clusteredInterval, type Cluster } from './clustered.js';
import { mostNamed, namedAt, shareFor, strangersBound, wantedShare, WORTH } from './threshold.js';

/** What the evidence says of a threshold, in numbers. */
export interface Claim {
  /** Stranger people who are named, and tried. */
  readonly named: number;
  readonly tried: number;
  /** Most of 1,000 strangers who would be named, with the confidence of the evidence; rounded up. */
  readonly strangersPer1000: number;
  /**
   * Strangers who are missing before the wish could be granted, if no more are named; where people play strangers, how many others
   * would be needed. 0 where numbers can be given.
   */
  readonly missing: number;
  readonly missed: number;
  readonly pictures: number;
  /** Of 1,000 pictures of known people, how many would not be recognized; where none was missed, at most how many. */
  readonly missedPer1000: number;
}

/** What the evidence says of a threshold. A page calls it while its user drags. */
export function claimAt(evidence: Evidence, threshold: number): Claim {
  const { strangers, known, wanted } = evidence;
  const tried = strangers.length;
  const named = namedAt(strangers, threshold);
  const missed = known.reduce((count, similarity) => count + Number(similarity < threshold), 0);
  const bound = strangersBound(named, evidence);
  return {
    ...{ named, tried, missed, pictures: known.length },
    strangersPer1000: perThousandUp(bound),
    missing: missingAt(evidence, named),
    missedPer1000:
      missed > 0
        ? Math.max(1, Math.round((1000 * missed) / known.length))
        : perThousandUp(clusteredInterval(clustersAt(evidence, threshold), 2 * wanted.confidence - 1)[1]),
  };
}

/** Of each person: pictures that a threshold misses. */
export function clustersAt({ known, knownPerson }: Evidence, threshold: number): Cluster[] {
  const clusters = new Map<number, { hits: number; of: number }>();
  known.forEach((similarity, i) => {
    const cluster = clusters.get(knownPerson[i]!) ?? { hits: 0, of: 0 };
    cluster.of++;
    if (similarity < threshold) cluster.hits++;
    clusters.set(knownPerson[i]!, cluster);
  });
  return [...clusters.values()];
}

/** Rounded up, so that the number is never surer than the bound; what floating point adds to a whole number is no more. */
const perThousandUp = (share: number) => Math.min(1000, Math.ceil(1000 * share - 1e-9));

/** 0 where any threshold at all grants the wish: then this one's bound is a number that says something, be it as high as it is. */
function missingAt({ strangers, strangersFrom, wanted, compared, enrolled }: Evidence, named: number): number {
  const share = wantedShare(wanted, compared, enrolled);
  if (mostNamed(strangers.length, share, wanted.confidence, WORTH[strangersFrom]) >= 0) return 0;
  // Strangers in a folder are asked for, whom people who play strangers do not add to.
  return strangersFrom === 'in-turn'
    ? strangersNeeded(wanted.strangersPer1000, wanted.confidence)
    : trialsNeeded(named, share, wanted.confidence) - strangers.length;
}

/**
 * What a threshold does, in two sentences: how many strangers would be named and how many pictures of known people missed. Where the
 * strangers tried cannot carry the wish, how many are missing instead of a number.
 */
export function sentenceAt(evidence: Evidence, threshold: number): string {
  const claim = claimAt(evidence, threshold);
  return `${strangersSentence(evidence, claim)} ${knownSentence(evidence, claim)}`;
}

const would = (count: number) => `${count.toLocaleString('en-US')} would be named`;
const sure = ({ wanted }: Evidence) => `${Number((wanted.confidence * 100).toFixed(2))} % sure`;

function strangersSentence(evidence: Evidence, { named, tried, strangersPer1000, missing }: Claim): string {
  const inTurn = evidence.strangersFrom === 'in-turn';
  const tries = `tried with ${tried.toLocaleString('en-US')}${inTurn ? ' of your own people' : ''}`;
  if (missing === 0)
    return strangersPer1000 >= 1000
      ? `All of 1,000 strangers may be named (${tries}).`
      : `Of 1,000 strangers, at most ${would(strangersPer1000)} (${sure(evidence)}; ${tries}).`;
  const wish = `at most ${wishOf(evidence)} would be named (${sure(evidence)})`;
  const so = named === 0 ? '' : `, of whom ${named.toLocaleString('en-US')} ${named === 1 ? 'was' : 'were'} named`;
  const first =
    tried === 0 ? 'no stranger was tried' : `${formatCount(tried, 'stranger was', 'strangers were')} tried${so}`;
  const cannot = `Whether ${wish} cannot be said yet`;
  if (inTurn && tried > 0)
    return `${cannot}: ${tried.toLocaleString('en-US')} of your own people were tried as strangers to each other${so}; ${formatCount(missing, 'other stranger is', 'other strangers are')} needed.`;
  return `${cannot}: ${first}; ${formatCount(missing, 'more is', 'more are')} missing.`;
}

/** "10 of 1,000 strangers", "1 of 10,000 strangers". */
function wishOf({ wanted }: Evidence): string {
  let [some, of] = [wanted.strangersPer1000, 1000];
  while (some < 1 && of < 1e9) [some, of] = [some * 10, of * 10];
  return `${Number(some.toFixed(3)).toLocaleString('en-US')} of ${of.toLocaleString('en-US')} strangers`;
}

function knownSentence(evidence: Evidence, { missed, pictures, missedPer1000 }: Claim): string {
  if (pictures === 0)
    return 'How many pictures of your people would not be recognized is not known: nobody has a picture that was tried.';
  const all = 'Of 1,000 pictures of your people,';
  const count = missedPer1000.toLocaleString('en-US');
  if (missed > 0) return `${all} about ${count} would not be recognized.`;
  return `${all} at most ${count} would not be recognized (${sure(evidence)}; none of ${pictures.toLocaleString('en-US')} was missed).`;
}

/** The one-sided bound that a claim is made of, as a share: what a chart draws. */
export function boundAt(evidence: Evidence, threshold: number): number {
  return strangersBound(namedAt(evidence.strangers, threshold), evidence);
}

/** The share of strangers that was named, for the number of people enrolled. */
export function namedShareAt({ strangers, compared, enrolled }: Evidence, threshold: number): number {
  return strangers.length === 0 ? 0 : shareFor(namedAt(strangers, threshold) / strangers.length, compared, enrolled);
}

/** How many strangers must be tried, none of them named, before at most so many of 1,000 can be claimed. */
export function strangersNeeded(strangersPer1000: number, confidence: number): number {
  return trialsNeeded(0, strangersPer1000 / 1000, confidence);
}
