import path from 'node:path';
import { formatCount } from '../../core/format.js';
import { silenceWords, type Pulse } from '../../core/silence.js';
import { runningRuns } from '../../runs/runningRuns.js';
import { reachedBy, readSummary } from '../../runs/runSummary.js';
import { pulseOf } from '../../runs/vitalSigns.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';

/** `gone`: it ended since the list was made. */
const STATES: Readonly<Record<Pulse['state'], string>> = {
  alive: 'training',
  held: 'stopped by a signal',
  silent: 'not answering',
  gone: 'ended',
};

export const ps: Command<{ readonly json: boolean }> = {
  name: 'ps',
  takes: [''],
  summary: 'list the runs that are training on this machine',
  flags: [JSON_FLAG('print the list as JSON, in one line')],

  parse(given) {
    given.none();
    return { json: given.has('json') };
  },

  run({ json }) {
    const output = new Output(json);
    const runs = runningRuns().map((run) => {
      const summary = readSummary(run.runFolder);
      const pulse = pulseOf(run.runFolder, run);
      const reached = summary ? reachedBy(summary) : { newest: undefined, epochs: 0 };
      return { ...run, summary, state: STATES[pulse.state], silence: silenceWords(pulse, reached) };
    });
    output.line(
      runs.map(({ runFolder, pid, since, summary, state, silence }) => ({
        runFolder,
        pid,
        since,
        state,
        ...(silence && { message: silence.message, advice: silence.advice }),
        epochs: summary?.epochs,
        plannedEpochs: summary?.plannedEpochs,
      })),
    );
    if (runs.length === 0) output.note('No run is training.');
    for (const { runFolder, pid, summary, state, silence } of runs) {
      output.note(
        `${path.basename(summary?.dataset ?? runFolder)}: ${formatCount(summary?.epochs ?? 0, 'epoch')} of ${summary?.plannedEpochs ?? '?'} done, ${state}, process ${pid}`,
        `            ${runFolder}`,
      );
      if (silence) output.note(`            ${silence.message} ${silence.advice}`);
    }
    return Promise.resolve(EXIT.ok);
  },
};
