import type { EventOf } from '../protocol/runEvents.js';

/** A validation, in the words of an `epoch` event. */
export type Validated = Pick<EventOf<'epoch'>, 'valAccuracy' | 'valLoss' | 'strangers'>;

/**
 * Whether a validation takes the place of an earlier one as the best of a run: by accuracy, of equal ones by loss, and of
 * equal losses it is the later one. A loss that is absent (it was not finite) stands below every other. Where strangers were
 * measured, they count as much as the accuracy.
 */
export function isBetter(later: Validated, earlier: Validated | undefined): boolean {
  if (!earlier) return true;
  const [now, before] = [meritOf(later), meritOf(earlier)];
  if (now !== before) return now > before;
  return (later.valLoss ?? Infinity) <= (earlier.valLoss ?? Infinity);
}

/** The best of several, which stand in the order in which they were made. */
export function bestOf<Some extends Validated>(validations: Iterable<Some>): Some | undefined {
  let best: Some | undefined;
  for (const validation of validations) if (isBetter(validation, best)) best = validation;
  return best;
}

/** The accuracy, and what is missed and who is named where a threshold keeps strangers out: of pictures as they are, and of damaged ones. */
function meritOf({ valAccuracy, strangers }: Validated): number {
  if (!strangers) return valAccuracy;
  const { people, named, missed, damagedNamed, damagedMissed } = strangers;
  return valAccuracy - missed - damagedMissed - (named + damagedNamed) / Math.max(1, people);
}
