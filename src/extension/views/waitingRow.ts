import { inLine } from '../../core/inLine.js';
import type { QueuedTraining } from '../../runs/trainingQueue.js';
import { inOneLine, type Row } from './runRows.js';

/** @param place among those that wait, from 1 */
export function waitingRow({ id, name, failure, starting, training }: QueuedTraining, place: number): Row {
  const doing = failure ? 'could not begin' : starting ? 'begins' : `waiting, ${inLine(place)}`;
  return {
    label: name,
    description: doing,
    icon: failure ? 'error' : 'clock',
    ...(failure && { colour: 'errorForeground' }),
    spoken: inOneLine(', ', name, doing),
    hint: inOneLine('. ', `${name}, ${doing}`, failure && `${failure.message} ${failure.advice}`),
    path: training?.order.runFolder ?? id,
    kind: starting ? 'begins' : training ? 'waiting' : 'waiting.damaged',
  };
}
