import type { Verdict } from '../protocol/verdict.js';
import { formatCount } from './format.js';
import { MORE_EPOCHS } from './longerWords.js';

/** What to do next, where a verdict asks for something. */
export type NextStep = 'checkPictures' | 'goOn' | 'seeMistakes' | 'tryPicture' | 'evaluate';

export const NEXT_STEP: Readonly<Record<Verdict['kind'], NextStep | undefined>> = {
  learning: undefined,
  nothing: 'checkPictures',
  rising: 'goOn',
  byHeart: 'seeMistakes',
  few: 'tryPicture',
  known: 'evaluate',
};

/** What its button says. */
export const NEXT_STEP_WORDS: Readonly<Record<NextStep, string>> = {
  checkPictures: 'Check Pictures',
  goOn: `Go On for ${MORE_EPOCHS} Epochs`,
  seeMistakes: 'See Mistakes',
  tryPicture: 'Try a Picture',
  evaluate: 'Evaluate',
};

/**
 * A verdict in sentences, counts in front: "Right in 37 of 40 new pictures. With so few, 80 to 98 % is the honest range. Weakest: s12
 * (1 of 3)."
 */
export function verdictWords(verdict: Verdict): string {
  return [sentenceOf(verdict), weakestOf(verdict)].filter(Boolean).join(' ');
}

function sentenceOf(verdict: Verdict): string {
  const { kind, right, pictures, own, epochs, plannedEpochs } = verdict;
  const share = pictures === 0 ? 0 : right / pictures;
  switch (kind) {
    case 'learning':
      return `After ${epochs} of ${formatCount(plannedEpochs, 'epoch')}: ${inCounts(verdict)}.`;
    case 'nothing':
      return `It has learned nothing yet: ${right} of ${formatCount(pictures, 'new picture')} right, as good as guessing.`;
    case 'rising':
      return `${capital(inCounts(verdict))}, and still getting better when it ended.`;
    case 'byHeart':
      return `It knows its own pictures by heart (${wholePercent(own)}), new ones less well (${right} of ${pictures}, ${wholePercent(share)}). More pictures help most.`;
    case 'few':
      return `${capital(inCounts(verdict))}. ${ofFew(verdict)}`;
    case 'known':
      return `${capital(inCounts(verdict))} (${between(verdict.range)}).`;
  }
}

function inCounts({ metric, right, pictures }: Verdict): string {
  if (metric === 'nearestNeighbour')
    return `of ${formatCount(pictures, 'picture')} of people it has never seen, ${right} are most like another of the same person`;
  if (right === pictures)
    return pictures === 1 ? 'the only new picture right' : `all ${pictures.toLocaleString('en-US')} new pictures right`;
  return `right in ${right.toLocaleString('en-US')} of ${formatCount(pictures, 'new picture')}`;
}

function ofFew({ right, pictures, range: [low, high] }: Verdict): string {
  if (right === pictures) return `With so few the truth may be ${wholePercent(low)}.`;
  return `With so few, ${between([low, high])} is the honest range.`;
}

function weakestOf({ kind, weakest }: Verdict): string {
  if (!weakest || kind === 'learning' || kind === 'nothing') return '';
  return `Weakest: ${weakest.person} (${weakest.right} of ${weakest.pictures}).`;
}

function between([low, high]: readonly [number, number]): string {
  return `${Math.floor(100 * low)} to ${wholePercent(high, Math.ceil)}`;
}

function wholePercent(share: number, round = Math.floor): string {
  return `${round(100 * share)} %`;
}

function capital(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}
