import path from 'node:path';
import type * as z from 'zod';
import { qatOverrides } from '../../protocol/fineTuning.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { runFolderOf } from '../../runs/runFolder.js';
import { defaultRunsFolder, newRunFolder } from '../../runs/runLocation.js';
import type { Command } from '../command.js';
import { JSON_FLAG, OUT, Output } from '../follow.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';

interface QatWish {
  /** Absolute. */
  readonly checkpoint: string;
  readonly overrides: z.infer<typeof qatOverrides>;
  readonly out: string | undefined;
  readonly json: boolean;
}

const OPTIONS = optionFlags(qatOverrides);

export const qat: Command<QatWish> = {
  name: 'qat',
  takes: ['<checkpoint> [options]'],
  summary: 'fine-tune a checkpoint for int8 hardware',
  flags: [...OPTIONS, OUT, JSON_FLAG('print every message as a line of JSON')],

  parse(given) {
    const checkpoint = given.only('Name the folder of a checkpoint.');
    const overrides = checked(
      qatOverrides.safeParse({ quantization: {}, ...fieldsOf(OPTIONS, given) }),
      OPTIONS,
      given,
    );
    return { checkpoint, overrides, out: given.path('out'), json: given.has('json') };
  },

  run({ checkpoint, overrides, out, json }) {
    // Beside the run of its checkpoint when that lies where runs do.
    const parent = runFolderOf(checkpoint);
    const runs = path.dirname(parent);
    const place = path.basename(runs) === 'runs' ? runs : defaultRunsFolder(process.cwd());
    const runFolder = out ?? newRunFolder(place, `${path.basename(parent)}-int8`, new Date());
    return new Output(json).run({ type: 'qat', protocol: PROTOCOL_VERSION, runFolder, checkpoint, overrides });
  },
};
