import type { Threshold } from '../protocol/recognition.js';
import { formatCount } from './format.js';

/** How many strangers a threshold names, and how that is known, as sentences that are no surer than the evidence. */
export function thresholdWords({ strangersPer1000, evidence }: Threshold): string {
  switch (evidence.kind) {
    case 'table':
      return `Of 1,000 strangers about ${perThousand(strangersPer1000)} would be named: so it was measured with this network on other people, for ${formatCount(evidence.people, 'person', 'people')} enrolled. It has not been tried with strangers of yours.`;
    case 'strangers':
      return `Of 1,000 strangers at most ${perThousand(Math.ceil(evidence.bound * 1000))} would be named (95 % sure; tried with ${triedWith(evidence)}).`;
    case 'hand':
      return 'The threshold was set by hand: how many strangers it names has not been tried.';
    case 'none':
      return 'How many strangers would be named is not known: nothing was measured with this network. The threshold is a guess.';
  }
}

function triedWith({ strangers, from }: Extract<Threshold['evidence'], { kind: 'strangers' }>): string {
  return from === 'given'
    ? formatCount(strangers, 'stranger')
    : `your own ${formatCount(strangers, 'person', 'people')}, each as a stranger to the others`;
}

/** 10 → "10", 0.5 → "0.5". */
function perThousand(count: number): string {
  return count.toLocaleString('en-US', { maximumFractionDigits: 2 });
}
