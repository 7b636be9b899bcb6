import path from 'node:path';
import { formatCount } from '../../core/format.js';
import { readSummary } from '../../runs/runSummary.js';
import { runningRuns } from '../../runs/runningRuns.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';

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
    const runs = runningRuns().map((run) => ({ ...run, summary: readSummary(run.runFolder) }));
    output.line(
      runs.map(({ runFolder, pid, since, summary }) => ({
        runFolder,
        pid,
        since,
        epochs: summary?.epochs,
        plannedEpochs: summary?.plannedEpochs,
      })),
    );
    if (runs.length === 0) output.note('No run is training.');
    for (const { runFolder, pid, summary } of runs)
      output.note(
        `${path.basename(summary?.dataset ?? runFolder)}: ${formatCount(summary?.epochs ?? 0, 'epoch')} of ${summary?.plannedEpochs ?? '?'} done, process ${pid}`,
        `            ${runFolder}`,
      );
    return Promise.resolve(EXIT.ok);
  },
};
