import path from 'node:path';
import type * as z from 'zod';
import { qatOverrides } from '../../protocol/fineTuning.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { runFolderOf } from '../../runs/runFolder.js';
import { newRunFolder } from '../../runs/newRunFolder.js';
import { defaultRunsFolder } from '../../runs/runLocation.js';
import { promisedFolders } from '../../runs/trainingQueue.js';
import type { Command } from '../command.js';
import { JSON_FLAG, OUT, Output } from '../follow.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { AFTERWARDS, beginRun } from '../queueing.js';

interface QatWish {
  /** Absolute. */
  readonly checkpoint: string;
  readonly overrides: z.infer<typeof qatOverrides>;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly afterwards: boolean;
}

const OPTIONS = optionFlags(qatOverrides);

export const qat: Command<QatWish> = {
  name: 'qat',
  takes: ['<checkpoint> [options]'],
  summary: 'fine-tune a checkpoint for int8 hardware',
  flags: [...OPTIONS, AFTERWARDS, OUT, JSON_FLAG('print every message as a line of JSON')],

  parse(given) {
    const checkpoint = given.only('Name the folder of a checkpoint.');
    const overrides = checked(
      qatOverrides.safeParse({ quantization: {}, ...fieldsOf(OPTIONS, given) }),
      OPTIONS,
      given,
    );
    const [out, json, afterwards] = [given.path('out'), given.has('json'), given.has('afterwards')];
    return { checkpoint, overrides, out, json, afterwards };
  },

  async run({ checkpoint, overrides, out, json, afterwards }) {
    // Beside the run of its checkpoint when that lies where runs do.
    const parent = runFolderOf(checkpoint);
    const runs = path.dirname(parent);
    const place = path.basename(runs) === 'runs' ? runs : defaultRunsFolder(process.cwd());
    const name = `${path.basename(parent)}-int8`;
    const runFolder = out ?? newRunFolder(place, name, new Date(), promisedFolders());
    const order = { type: 'qat', protocol: PROTOCOL_VERSION, runFolder, checkpoint, overrides } as const;
    return beginRun(new Output(json), order, name, afterwards);
  },
};
