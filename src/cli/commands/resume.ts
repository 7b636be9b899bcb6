import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { runTitle } from '../../runs/runTitle.js';
import type { Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { AFTERWARDS, beginRun } from '../queueing.js';
import { requireRun } from '../runPlace.js';

interface ResumeWish {
  readonly order: OrderOf<'resume'>;
  readonly json: boolean;
  readonly afterwards: boolean;
}

const { order: orderSchema } = JOBS.resume;
const OPTIONS = optionFlags(orderSchema);

export const resume: Command<ResumeWish> = {
  name: 'resume',
  takes: ['<run> [options]'],
  summary: 'go on with a run that was stopped or broke off, or train one for longer',
  flags: [...OPTIONS, AFTERWARDS, JSON_FLAG('print every message as a line of JSON')],

  parse(given) {
    const runFolder = requireRun(given);
    const fields = { ...fieldsOf(OPTIONS, given), type: 'resume', protocol: PROTOCOL_VERSION, runFolder };
    const order = checked(orderSchema.safeParse(fields), OPTIONS, given);
    return { order, json: given.has('json'), afterwards: given.has('afterwards') };
  },

  run({ order, json, afterwards }) {
    return beginRun(new Output(json), order, runTitle(order.runFolder), afterwards);
  },
};
