import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';

interface AlignWish {
  readonly order: OrderOf<'align'>;
  readonly json: boolean;
}

const { order: orderSchema } = JOBS.align;
const OPTIONS = optionFlags(orderSchema);

export const align: Command<AlignWish> = {
  name: 'align',
  takes: ['<folder> [options]'],
  summary: 'find the faces, straighten them and cut them out, into a new folder',
  flags: [
    { name: 'out', value: 'FOLDER', help: 'folder for the crops, new or from an earlier run (<folder>-aligned)' },
    ...OPTIONS,
    JSON_FLAG('print the summary as a line of JSON'),
  ],

  parse(given) {
    const dataset = given.only('Name the folder to align.');
    const out = given.path('out') ?? `${dataset}-aligned`;
    const fields = { ...fieldsOf(OPTIONS, given), type: 'align', protocol: PROTOCOL_VERSION, dataset, out };
    return { order: checked(orderSchema.safeParse(fields), OPTIONS, given), json: given.has('json') };
  },

  async run({ order, json }) {
    const output = new Output(json);
    const end = await output.follow(order);
    if (end.type !== 'aligned') return output.failed(end);
    const { aligned, doubtful, withoutFace, unreadable, out, contactSheet } = end.summary;
    output.lines(end.summary);
    output.note(
      `Pictures    ${aligned} aligned, ${doubtful} doubtful, ${withoutFace} without a face, ${unreadable} unreadable`,
      `Crops       ${out}`,
      `Review      ${contactSheet}`,
    );
    return EXIT.ok;
  },
};
