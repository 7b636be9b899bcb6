import { RunWatcher } from '../../client/runWatcher.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { requireRun } from '../runPlace.js';

interface AttachWish {
  readonly runFolder: string;
  readonly json: boolean;
}

const LOOK_MS = 500;

export const attach: Command<AttachWish> = {
  name: 'attach',
  takes: ['<run>'],
  summary: 'follow a run that goes on in another process',
  flags: [JSON_FLAG('print every event as a line of JSON')],

  parse: (given) => ({ runFolder: requireRun(given), json: given.has('json') }),

  async run({ runFolder, json }) {
    const output = new Output(json);
    const watcher = new RunWatcher(runFolder, (events) => events.forEach((event) => output.message(event)));
    const looking = setInterval(tellSilence(output, watcher), LOOK_MS);
    const leave = new Promise<undefined>((resolve) => process.once('SIGINT', () => resolve(undefined)));
    const end = await Promise.race([watcher.ended, leave]);
    watcher.close();
    clearInterval(looking);
    if (!end) {
      output.note('Left alone: it goes on. “face-trainer stop” ends it.');
      return EXIT.ok;
    }
    if (end.type === 'failure' && !watcher.model.state.failure) output.message(end);
    if (end.type === 'failure') output.offerToGoOn(runFolder);
    return end.type === 'finished' ? EXIT.ok : EXIT.failed;
  },
};

/** Says once that a run does not answer, and when it does again. */
function tellSilence(output: Output, { model }: RunWatcher): () => void {
  let isSilent = false;
  return () => {
    const { silence, alive } = model.liveness;
    if (!isSilent && silence) output.note(`${silence.message} ${silence.advice}`);
    if (isSilent && !silence && alive) output.note('Training answers again.');
    isSilent = silence !== undefined;
  };
}
