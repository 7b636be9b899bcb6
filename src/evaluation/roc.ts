/** Pairs of pictures with how alike they are. */
export interface ScoredPairs {
  readonly similarity: ArrayLike<number>;
  readonly same: readonly boolean[];
  readonly fold: readonly number[];
  /** The two people of each pair; one and the same where `same`. */
  readonly people: readonly (readonly [string, string])[];
}

/** One point for each distinct similarity, highest first, from (0, 0) on: what counting that and all higher ones as the same person does. */
export interface Roc {
  readonly threshold: readonly number[];
  /** Weights of pairs of two people, and of one, at or above the threshold. */
  readonly falsely: Float64Array;
  readonly truly: Float64Array;
}

/** Pairs in order of their similarity, highest first, ties in one step. */
export class Ranking {
  private readonly order: Uint32Array;
  private readonly lastOfStep: readonly number[];
  readonly threshold: readonly number[];

  constructor(private readonly pairs: Pick<ScoredPairs, 'similarity' | 'same'>) {
    const { similarity } = pairs;
    this.order = Uint32Array.from({ length: similarity.length }, (_, i) => i).sort(
      (a, b) => similarity[b]! - similarity[a]!,
    );
    const last: number[] = [];
    this.order.forEach((pair, i) => {
      const next = this.order[i + 1];
      if (next === undefined || similarity[next] !== similarity[pair]) last.push(i);
    });
    this.lastOfStep = last;
    this.threshold = [Infinity, ...last.map((i) => similarity[this.order[i]!]!)];
  }

  roc(weight: (pair: number) => number = () => 1): Roc {
    const falsely = new Float64Array(this.threshold.length);
    const truly = new Float64Array(this.threshold.length);
    let [wrong, right, i] = [0, 0, 0];
    this.lastOfStep.forEach((last, step) => {
      for (; i <= last; i++) {
        const pair = this.order[i]!;
        if (this.pairs.same[pair]) right += weight(pair);
        else wrong += weight(pair);
      }
      falsely[step + 1] = wrong;
      truly[step + 1] = right;
    });
    return { threshold: this.threshold, falsely, truly };
  }
}

export function rocOf(pairs: Pick<ScoredPairs, 'similarity' | 'same'>): Roc {
  return new Ranking(pairs).roc();
}

/** The area below the curve, ties at half (Hanley and McNeil 1982). */
export function areaOf({ falsely, truly }: Roc): number {
  let area = 0;
  for (let i = 1; i < falsely.length; i++) area += (falsely[i]! - falsely[i - 1]!) * (truly[i]! + truly[i - 1]!);
  return area / 2 / (falsely.at(-1)! * truly.at(-1)!);
}

/** Where the curve, drawn with straight lines, has as many pairs of two people accepted as of one refused. */
export function equalErrorRate({ falsely, truly }: Roc): number {
  const [two, one] = [falsely.at(-1)!, truly.at(-1)!];
  for (let i = 1; i < falsely.length; i++) {
    const [far, frr] = [falsely[i]! / two, 1 - truly[i]! / one];
    if (far < frr) continue;
    const [before, after] = [1 - truly[i - 1]! / one - falsely[i - 1]! / two, frr - far];
    const part = before === after ? 0 : before / (before - after);
    return falsely[i - 1]! / two + part * (far - falsely[i - 1]! / two);
  }
  return 1;
}

/** The share of pairs of one person accepted by a threshold that accepts no more than `rate` of the others. */
export function tarAtFar({ falsely, truly }: Roc, rate: number): number {
  const most = rate * falsely.at(-1)! * (1 + 1e-12);
  let best = 0;
  for (let i = 0; i < falsely.length && falsely[i]! <= most; i++) best = truly[i]!;
  return best / truly.at(-1)!;
}

/**
 * LFW's protocol: each fold is judged at the threshold that is most often right on the others, the highest where several are
 * (Huang et al. 2007, section IV.A).
 *
 * @returns accuracy of each fold
 */
export function accuracyByFolds(pairs: Pick<ScoredPairs, 'similarity' | 'same' | 'fold'>): number[] {
  const { similarity, same, fold } = pairs;
  return [...new Set(fold)]
    .sort((a, b) => a - b)
    .map((tested) => {
      const rest = new Ranking({ similarity, same }).roc((pair) => Number(fold[pair] !== tested));
      const different = rest.falsely.at(-1)!;
      let [best, threshold] = [-1, 0];
      for (let i = 0; i < rest.threshold.length; i++) {
        const right = rest.truly[i]! + different - rest.falsely[i]!;
        if (right > best) [best, threshold] = [right, rest.threshold[i]!];
      }
      let [right, of] = [0, 0];
      for (let i = 0; i < same.length; i++) {
        if (fold[i] !== tested) continue;
        of++;
        if (similarity[i]! >= threshold === same[i]) right++;
      }
      return right / of;
    });
}
