import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../../src/client/runModel.js';
import { renderReport } from '../../../src/report/report.js';
import { deathUnseen } from '../../../src/client/deathOf.js';
import { brokeOff } from '../../../src/core/brokeOff.js';
import { silenceWords } from '../../../src/core/silence.js';
import { pulseOf, readVitalSigns, writeVitalSigns } from '../../../src/runs/vitalSigns.js';
import { standOf, readSummary, writeSummary } from '../../../src/runs/runSummary.js';
import { reduceAll } from '../../../src/core/runState.js';
import { writeCheckpoint } from '../../../src/runs/checkpoint.js';
import { SAMPLE_EVENTS } from '../../support/sampleEvents.js';
import { mutateJson, mutateLines } from '../mutations.js';
import type { Attempt } from '../reader.js';
import { tinyCheckpoint, tinyGraph } from './networks.js';
import { SampleFiles } from './sampleFiles.js';

/** Markup in a report that only a name could have brought. */
const FOREIGN = /<img|onerror=alert\(1\)>|<script/i;

export function log(folder: string): Attempt {
  const run = path.join(folder, 'run');
  fs.mkdirSync(path.join(run, 'checkpoints'), { recursive: true });
  const events = Object.values(SAMPLE_EVENTS);
  writeCheckpoint(path.join(run, 'checkpoints/epoch-0001'), tinyGraph, tinyCheckpoint());
  fs.writeFileSync(path.join(run, 'metrics.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  writeSummary(run, reduceAll(events));
  const host = 'lab';
  const { pid, processStart } = SAMPLE_EVENTS.resumed;
  writeVitalSigns(run, {
    ...{ version: 1, pid, processStart: processStart!, host, boot: 'boot', at: new Date().toISOString(), beatAt: 1 },
    ...{
      turnAt: 1,
      toldAt: 1,
      longestTurnMs: 0,
      longestSilenceMs: 0,
      availableBytes: 1,
      totalBytes: 2,
      heapShare: 0.5,
    },
    oomCounts: [{ file: '/proc/vmstat', count: 0 }],
  });
  const files = new SampleFiles(run, [
    'metrics.ndjson',
    'summary.json',
    'alive.json',
    'checkpoints/epoch-0001/state.json',
  ]);
  return (random) => {
    files.restore();
    const name = random.pick(['metrics.ndjson', 'metrics.ndjson', 'summary.json', ...files.names]);
    const text = files.original(name).toString();
    files.change(name, name.endsWith('ndjson') ? mutateLines(text, random, mutateJson) : mutateJson(text, random));
    const summary = readSummary(run);
    if (summary) standOf(run, summary);
    const pulse = pulseOf(run, { pid, processStart });
    const death = brokeOff(deathUnseen(readVitalSigns(run), processStart), { newest: undefined, epochs: 1 });
    const said = JSON.stringify([silenceWords(pulse, { newest: undefined, epochs: 1 }), death]);
    assert.doesNotMatch(said, /undefined|NaN|null,"|\\u00/, 'whole sentences');
    const { state, phase, checkpoints, title, parent } = new RunModel(run);
    assert.ok(checkpoints.length <= 1 && typeof phase === 'string' && typeof title === 'string' && !parent);
    assert.doesNotMatch(renderReport(state), FOREIGN);
  };
}
