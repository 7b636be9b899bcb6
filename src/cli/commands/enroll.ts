import path from 'node:path';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { recognizerName, recognizersFolder } from '../../recognizers/recognizersFolder.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { getFaceWeights } from '../getWeights.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { enrolmentLines } from '../recognitionLines.js';

interface EnrolWish {
  readonly order: OrderOf<'enroll'>;
  readonly json: boolean;
  /** The user agrees to download the face network. */
  readonly download: boolean;
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
    { name: 'download', help: 'download a missing face network without asking' },
    JSON_FLAG('print what was enrolled as JSON, in one line'),
  ],

  parse(given) {
    const dataset = given.only('Name the folder of the people to enrol.');
    const recognizer = given.path('out') ?? path.join(recognizersFolder(given.cwd), recognizerName(dataset));
    const fields = { ...fieldsOf(OPTIONS, given), type: 'enroll', protocol: PROTOCOL_VERSION, dataset, recognizer };
    const order = checked(orderSchema.safeParse(fields), OPTIONS, given);
    return { order, json: given.has('json'), download: given.has('download') };
  },

  async run({ order, json, download }) {
    const output = new Output(json);
    if (order.network === undefined) await getFaceWeights(order.faceWeights, download, (line) => console.error(line));
    const end = await output.follow(order);
    if (end.type !== 'enrolled') return output.failed(end);
    output.lines(end.enrolment);
    output.note(...enrolmentLines(end.enrolment));
    return EXIT.ok;
  },
};
