import path from 'node:path';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import { predictionLines } from '../modelLines.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';

interface PredictWish {
  readonly order: OrderOf<'predict'>;
  readonly json: boolean;
}

const { order: orderSchema } = JOBS.predict;
const OPTIONS = optionFlags(orderSchema);

export const predict: Command<PredictWish> = {
  name: 'predict',
  takes: ['<checkpoint or exported file> <pictures or folders…> [options]'],
  summary: 'say who is in the pictures',
  flags: [...OPTIONS, JSON_FLAG('print file, person, probability and all scores of each picture as JSON')],

  parse(given) {
    const [model, ...files] = given.words.map((word) => path.resolve(given.cwd, word));
    if (model === undefined) throw new UsageError('Name a checkpoint or an exported file, and pictures to look at.');
    if (files.length === 0) throw new UsageError('Name pictures to look at.');
    const fields = { ...fieldsOf(OPTIONS, given), type: 'predict', protocol: PROTOCOL_VERSION, model, files };
    return { order: checked(orderSchema.safeParse(fields), OPTIONS, given), json: given.has('json') };
  },

  async run({ order, json }) {
    const output = new Output(json);
    const end = await output.follow(order);
    if (end.type !== 'predicted') return output.failed(end);
    output.data(end.predictions);
    output.note(...predictionLines(end.predictions));
    return end.predictions.some((answer) => 'error' in answer) ? EXIT.failed : EXIT.ok;
  },
};
