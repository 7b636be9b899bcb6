import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { OrderOf } from '../../protocol/jobs.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { comparisonLines } from '../modelLines.js';

interface CompareWish {
  readonly order: OrderOf<'compare'>;
  readonly json: boolean;
}

export const compare: Command<CompareWish> = {
  name: 'compare',
  takes: ['<checkpoint> [options]'],
  summary: 'compare float and int8: accuracy, size, latency, agreement',
  flags: [JSON_FLAG('print everything as a line of JSON')],

  parse(given) {
    const checkpoint = given.only('Name the folder of a checkpoint.');
    return { order: { type: 'compare', protocol: PROTOCOL_VERSION, checkpoint }, json: given.has('json') };
  },

  async run({ order, json }) {
    const output = new Output(json);
    const end = await output.follow(order);
    if (end.type !== 'compared') return output.failed(end);
    const { comparison } = end;
    // What the pictures look like is for the panel.
    const gallery = comparison.gallery.map(({ file, person, float32, int8 }) => ({ file, person, float32, int8 }));
    output.lines({ ...comparison, gallery });
    output.note(...comparisonLines(comparison));
    return EXIT.ok;
  },
};
