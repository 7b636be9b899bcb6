import { formatPercent } from './format.js';

/** Below this probability of the first person somebody else is likely. */
const UNSURE = 0.5;

/**
 * What a network answers that knows scores alone: it names one of its people whoever comes, so nobody is named without a “most like”.
 */
export function scoreTitle({ person }: { readonly person: string }): string {
  return `Most like ${person}`;
}

export function scoreDetail({ probability }: { readonly probability: number }): string {
  const how = formatPercent(probability);
  return probability < UNSURE
    ? `${how}: probably nobody it knows. It names one of its people whoever comes.`
    : `${how}. It names one of its people whoever comes.`;
}
