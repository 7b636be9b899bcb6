import { UserError } from '../../core/userError.js';
import { moveToFront, removeFromQueue, type QueuedTraining } from '../../runs/trainingQueue.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import { lookAtQueue, waitingData, waitingLines, type Numbered } from '../queueing.js';

interface Change {
  readonly action: 'remove' | 'first';
  /** A number of the list, or an id. */
  readonly which: string;
}

interface Wish {
  readonly json: boolean;
  /** Absent: the list is shown. */
  readonly change?: Change;
}

export const queue: Command<Wish> = {
  name: 'queue',
  takes: ['', 'remove <number>', 'first <number>'],
  summary: 'list the trainings that wait for the one at work, take one out or put one first',
  flags: [JSON_FLAG('print each training as a line of JSON')],

  parse(given) {
    const [action, which, more] = given.words;
    const json = given.has('json');
    if (action === undefined) return { json };
    if (action !== 'remove' && action !== 'first') throw new UsageError('Say what to do: remove or first.');
    if (which === undefined) throw new UsageError('Name the training by its number in “face-trainer queue”.');
    if (more !== undefined) throw new UsageError(`Unexpected argument “${more}”: one training is enough.`);
    return { json, change: { action, which } };
  },

  async run({ json, change }) {
    const output = new Output(json);
    if (change) await made(output, change);
    else list(output);
    return EXIT.ok;
  },
};

function list(output: Output): void {
  const all = lookAtQueue();
  if (all.length === 0) output.note('No training waits.');
  for (const one of all) {
    output.lines(waitingData(one));
    const [first, ...rest] = waitingLines(one);
    output.note(`${String(one.number).padStart(3)}  ${first}`, ...rest);
  }
}

const CHANGES = { remove: removeFromQueue, first: moveToFront };

async function made(output: Output, { action, which }: Change): Promise<void> {
  const all = lookAtQueue();
  const wished = all.find(({ number, id }) => which === String(number) || which === id);
  const changed = wished && (await CHANGES[action](wished.id));
  if (!wished || !changed) throw absent(which, wished);
  output.lines(waitingData({ ...wished, ...changed } satisfies QueuedTraining & Numbered));
  output.note(action === 'remove' ? `${changed.name} waits no longer.` : `${changed.name} is the next.`);
}

function absent(which: string, wished: Numbered | undefined): UserError {
  return new UserError(
    'queue-absent',
    wished ? `${wished.name} has just begun.` : `No training “${which}” waits.`,
    wished ? '“face-trainer stop” ends it.' : '“face-trainer queue” lists those that do, with their numbers.',
  );
}
