import path from 'node:path';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { recognizerName, recognizersFolder } from '../../recognizers/recognizersFolder.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { enrolmentLines } from '../recognitionLines.js';

interface EnrolWish {
  readonly order: OrderOf<'enroll'>;
  readonly json: boolean;
}

const { order: orderSchema } = JOBS.enroll;
const OPTIONS = optionFlags(orderSchema);

export const enroll: Command<EnrolWish> = {
  name: 'enroll',
  takes: ['<folder> [options]'],
  summary: 'make a recognizer of a folder of people, with no training',
  flags: [
    { name: 'out', value: 'FOLDER', help: 'folder of the recognizer (.face-trainer/recognizers/<folder>)' },
    ...OPTIONS,
    JSON_FLAG('print what was enrolled as JSON, in one line'),
  ],

  parse(given) {
    const dataset = given.only('Name the folder of the people to enrol.');
    const recognizer = given.path('out') ?? path.join(recognizersFolder(given.cwd), recognizerName(dataset));
    const fields = { ...fieldsOf(OPTIONS, given), type: 'enroll', protocol: PROTOCOL_VERSION, dataset, recognizer };
    return { order: checked(orderSchema.safeParse(fields), OPTIONS, given), json: given.has('json') };
  },

  async run({ order, json }) {
    const output = new Output(json);
    const end = await output.follow(order);
    if (end.type !== 'enrolled') return output.failed(end);
    output.line(end.enrolment);
    output.note(...enrolmentLines(end.enrolment));
    return EXIT.ok;
  },
};
