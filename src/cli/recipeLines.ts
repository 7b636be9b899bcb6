import { formatCount, formatDuration, formatList, formatPercent } from '../core/format.js';
import type { RecipeComparison, RecipeOutcome, RecipePair } from '../protocol/recipeComparison.js';

/** A comparison of recipes as lines of text: a table, and of each pair whether one is better. */
export function recipeLines({ recipes, pairs, seeds, pictures, people, confidence }: RecipeComparison): string[] {
  const table = [
    ['recipe', 'right', 'of', '', `${percentOf(confidence)} interval`, seeds.length > 1 ? 'by seed' : '', 'training'],
    ...recipes.map((own) => row(own, seeds.length)),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  const lines = table.map((cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  const asked = formatList(
    pictures.map((count) => count.toLocaleString('en-US')),
    20,
  );
  const unlike = new Set(pictures).size > 1;
  return [
    `${formatCount(seeds.length, 'seed')} each, on ${unlike ? asked : formatCount(pictures[0]!, 'new picture')}${unlike ? ' new pictures' : ''} of ${formatCount(people, 'person', 'people')}`,
    '',
    ...lines,
    '',
    ...recipes.flatMap(unansweredLine),
    ...pairs.map(pairLine),
    ...(seeds.length === 1 ? ['With one seed nobody knows how much chance had a hand in it: add --seeds 3.'] : []),
    ...(pairs.length > 1 ? [`All of these together hold with ${percentOf(confidence)} confidence.`] : []),
  ];
}

function row(
  { recipe, right, of, accuracy, accuracyInterval, bySeed, seconds }: RecipeOutcome,
  seeds: number,
): string[] {
  const [least, most] = [Math.min(...bySeed), Math.max(...bySeed)];
  return [
    ...[recipe, right.toLocaleString('en-US'), of.toLocaleString('en-US'), formatPercent(accuracy)],
    ...[range(accuracyInterval), seeds > 1 ? range([least, most]) : '', formatDuration(seconds)],
  ];
}

function unansweredLine({ recipe, unanswered }: RecipeOutcome): string[] {
  if (unanswered === 0) return [];
  return [
    `${recipe} finds no face in ${formatCount(unanswered, 'picture')} of all seeds: these count for nobody, though they are misses of its own.`,
  ];
}

function pairLine({ first, second, difference, differenceInterval: [low, high], better, wants }: RecipePair): string {
  if (better === 'open')
    return `${first} and ${second}: too close to call (${points(difference)}, ${points(low)} to ${points(high)} points). More ${wants} would tell.`;
  const [winner, [least, most]] = better === 'first' ? [first, [low, high]] : [second, [-high, -low]];
  return `${first} and ${second}: ${winner} is better, by ${points(least, '')} to ${points(most, '')} points.`;
}

/** Of percentages, with a sign: "+1.2", "−0.3". */
function points(share: number, plus = '+'): string {
  const text = Math.abs(100 * share).toFixed(1);
  return `${Number(text) === 0 ? '' : share < 0 ? '\u2212' : plus}${text}`;
}

function range([low, high]: readonly [number, number]): string {
  return `${(100 * low).toFixed(1)}–${formatPercent(high)}`;
}

function percentOf(share: number): string {
  return `${Math.round(100 * share)} %`;
}
