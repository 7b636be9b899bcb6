import { formatCount, formatPercent } from '../core/format.js';
import type { Evaluation } from '../protocol/evaluation.js';

/** Mistakes, pairs of people and notes that are named; `--json` has more. */
const SHOWN = 5;

/** What an evaluation found, the sentence first. */
export function evaluationLines(evaluation: Evaluation): string[] {
  const { sentence, counts, threshold, thresholdFrom, suggestion, notes } = evaluation;
  const from = { given: 'in use', evidence: 'suggested by this evidence', none: 'none: there were no strangers' };
  return [
    sentence,
    '',
    ...closedSetLines(evaluation),
    ...openSetLines(evaluation),
    ...verificationLines(evaluation),
    `Threshold   ${threshold.toFixed(3)}, ${from[thresholdFrom]}`,
    ...(suggestion && thresholdFrom === 'given'
      ? [
          `Suggested   ${suggestion.threshold.toFixed(3)}${suggestion.carried ? '' : `, which nothing carries yet: ${formatCount(suggestion.missing, 'stranger is', 'strangers are')} missing`}`,
        ]
      : []),
    `Tried       ${formatCount(counts.pictures, 'picture')} of ${formatCount(counts.people, 'person', 'people')}; ${formatCount(counts.strangers, 'stranger')} with ${formatCount(counts.strangerPictures, 'picture')}`,
    ...mistakeLines(evaluation),
    ...notes.map((note) => `Note        ${note}`),
  ];
}

function closedSetLines({ closedSet }: Evaluation): string[] {
  if (!closedSet) return [];
  const { accuracy, accuracyInterval, top5, right, of } = closedSet;
  return [
    `Closed set  ${right} of ${of} pictures are most like their own person: ${formatPercent(accuracy)} ${between(accuracyInterval)}; among the first five ${formatPercent(top5)}`,
  ];
}

function openSetLines({ openSet }: Evaluation): string[] {
  if (!openSet) return [];
  const { missed, ofPictures, fnir, fnirInterval, named, ofStrangers, fpir, fpirInterval } = openSet;
  const { fnirAtFpir, fnirAtFpirInterval, fpirAtFnir, fpirAtFnirInterval } = openSet;
  const rates = (words: string, shares: Readonly<Record<string, number>>, intervals: typeof fnirAtFpirInterval) =>
    Object.entries(shares).map(
      ([rate, share]) =>
        `            ${words.replace('@', formatPercent(Number(rate)))}: ${formatPercent(share)} ${between(intervals[rate])}`,
    );
  return [
    `Strangers   ${named} of ${ofStrangers} are named: ${formatPercent(fpir)} ${between(fpirInterval)}`,
    `Missed      ${missed} of ${ofPictures} pictures of known people: ${formatPercent(fnir)} ${between(fnirInterval)}`,
    ...rates('missed where @ of strangers are named', fnirAtFpir, fnirAtFpirInterval),
    ...rates('strangers named where @ of pictures are missed', fpirAtFnir, fpirAtFnirInterval),
  ];
}

function verificationLines({ verification }: Evaluation): string[] {
  if (!verification) return [];
  const { same, different, accuracy, accuracyInterval, auc, eer, tarAtFar, pairsFrom } = verification;
  const rates = Object.entries(tarAtFar).map(
    ([far, tar]) => `TAR ${formatPercent(tar)} at FAR ${formatPercent(Number(far))}`,
  );
  return [
    `Pairs       ${same.toLocaleString('en-US')} of one person, ${different.toLocaleString('en-US')} of two${pairsFrom === 'made' ? ', made of the people' : ''}`,
    `            ${[
      ...(accuracy === undefined ? [] : [`accuracy ${formatPercent(accuracy)} ${between(accuracyInterval)}`]),
      `AUC ${auc.toFixed(4)}`,
      `EER ${formatPercent(eer)}`,
      ...rates,
    ].join('; ')}`,
  ];
}

function mistakeLines({ mistakes, mistakeCount, alikePeople, strayPictures, strayCount }: Evaluation): string[] {
  const some = (title: string, count: number, lines: readonly string[]) =>
    count === 0
      ? []
      : [
          title,
          ...lines.slice(0, SHOWN).map((line) => `            ${line}`),
          ...(count > SHOWN ? [`            and ${(count - SHOWN).toLocaleString('en-US')} more`] : []),
        ];
  return [
    ...some(
      `Mistakes    ${mistakeCount.toLocaleString('en-US')}:`,
      mistakeCount,
      mistakes.map(({ picture, why }) => `${picture}: ${why}`),
    ),
    ...some(
      'Most alike  people of the gallery:',
      Math.min(alikePeople.length, SHOWN),
      alikePeople.map(({ people, similarity }) => `${people.join(' and ')}, ${similarity.toFixed(2)}`),
    ),
    ...some(
      `Stray       ${formatCount(strayCount, 'picture looks', 'pictures look')} like someone else:`,
      strayCount,
      strayPictures.map(
        ({ picture, nearestPerson, similarity, ownSimilarity }) =>
          `${picture}: like ${nearestPerson} ${similarity.toFixed(2)}, like its own person ${ownSimilarity.toFixed(2)}`,
      ),
    ),
  ];
}

/** "(91.0 to 94.2)" */
function between(interval: readonly [number, number] | undefined): string {
  return interval ? `(${interval.map((end) => (100 * end).toFixed(1)).join(' to ')})` : '';
}
