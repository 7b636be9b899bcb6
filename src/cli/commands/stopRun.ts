import path from 'node:path';
import { RunWatcher } from '../../client/runWatcher.js';
import { UserError } from '../../core/userError.js';
import type { RunWish } from '../../runs/runControl.js';
import { runningRuns } from '../../runs/runningRuns.js';
import { EXIT, type Command } from '../command.js';
import { Output } from '../follow.js';
import { namedRun } from '../runPlace.js';

/** A command that ends a run in good order, whichever process trains it. */
function ending(name: RunWish, summary: string, done: string): Command<{ readonly runFolder: string | undefined }> {
  return {
    name,
    takes: ['[<run>]'],
    summary,
    flags: [],

    parse: (given) => ({ runFolder: namedRun(given) }),

    async run({ runFolder = onlyOne() }) {
      const output = new Output(false);
      const watcher = new RunWatcher(runFolder, () => undefined);
      const { alive, silence } = watcher.model.liveness;
      if (silence) output.note(`${silence.message} ${silence.advice}`);
      if (!alive) {
        watcher.close();
        throw new UserError(
          'run-not-running',
          `The run “${path.basename(runFolder)}” is not training.`,
          '“face-trainer ps” lists those that are.',
        );
      }
      watcher.ask(name);
      const end = await watcher.ended;
      output.note(
        end.type === 'finished' ? `${done} “face-trainer resume ${runFolder}” goes on with it.` : end.message,
      );
      return end.type === 'finished' ? EXIT.ok : EXIT.failed;
    },
  };
}

/** @throws UserError where not exactly one run is under way */
function onlyOne(): string {
  const [one, more] = runningRuns();
  if (one && !more) return one.runFolder;
  throw new UserError(
    'run-not-running',
    one ? 'Several runs are training.' : 'No run is training.',
    one ? 'Name the one that is meant; “face-trainer ps” lists them.' : 'There is nothing to end.',
  );
}

export const stop = ending('stop', 'end a run after the batch at hand, with a checkpoint', 'Stopped.');
export const pause = ending('pause', 'end a run for now: its memory is free until it goes on', 'Paused.');
