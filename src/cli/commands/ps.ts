import { formatCount } from '../../core/format.js';
import { silenceWords, type Pulse } from '../../core/silence.js';
import { closeRun } from '../../client/closeRun.js';
import { runningRuns, takeGoneRuns, type RunningRun } from '../../runs/runningRuns.js';
import { reachedBy, readSummary } from '../../runs/runSummary.js';
import { runTitle } from '../../runs/runTitle.js';
import { pulseOf } from '../../runs/vitalSigns.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { lookAtQueue, waitingData, waitingLines } from '../queueing.js';

/** Of a run whose process is gone: why, which is written into its folder as well. */
async function brokenOff({ runFolder, pid, since }: RunningRun) {
  const end = await closeRun(runFolder);
  return end?.type === 'failure'
    ? [{ runFolder, pid, since, state: 'broken off', message: end.message, advice: end.advice }]
    : [];
}

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
  summary: 'list the runs that are training on this machine, and those that wait',
  flags: [JSON_FLAG('print each as a line of JSON')],

  parse(given) {
    given.none();
    return { json: given.has('json') };
  },

  async run({ json }) {
    const output = new Output(json);
    const waiting = lookAtQueue();
    const ends = await Promise.all(takeGoneRuns(() => true).map(brokenOff));
    const runs = runningRuns().map((run) => {
      const summary = readSummary(run.runFolder);
      const pulse = pulseOf(run.runFolder, run);
      const reached = summary ? reachedBy(summary) : { newest: undefined, epochs: 0 };
      return { ...run, summary, state: STATES[pulse.state], silence: silenceWords(pulse, reached) };
    });
    output.lines(
      ...ends.flat(),
      ...runs.map(({ runFolder, pid, since, summary, state, silence }) => ({
        runFolder,
        pid,
        since,
        state,
        ...(silence && { message: silence.message, advice: silence.advice }),
        epochs: summary?.epochs,
        plannedEpochs: summary?.plannedEpochs,
      })),
      ...waiting.map(waitingData),
    );
    for (const { runFolder, message, advice } of ends.flat())
      output.note(`${runTitle(runFolder)}: ${message} ${advice}`, `            ${runFolder}`);
    if (runs.length === 0) output.note('No run is training.');
    for (const { runFolder, pid, summary, state, silence } of runs) {
      output.note(
        `${runTitle(runFolder, summary)}: ${formatCount(summary?.epochs ?? 0, 'epoch')} of ${summary?.plannedEpochs ?? '?'} done, ${state}, process ${pid}`,
        `            ${runFolder}`,
      );
      if (silence) output.note(`            ${silence.message} ${silence.advice}`);
    }
    output.note(...waiting.flatMap(waitingLines));
    return EXIT.ok;
  },
};
