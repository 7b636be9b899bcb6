import * as z from 'zod';
import { trainingOptions } from '../../protocol/options.js';
import { EXIT, type Command } from '../command.js';
import { downloadWeights } from '../getWeights.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';

const { backbone, width, size } = trainingOptions.shape;
const network = z.object({ backbone, width, size });
const OPTIONS = optionFlags(network);

export const downloadWeightsCommand: Command<z.infer<typeof network>> = {
  name: 'download-weights',
  takes: ['[options]'],
  summary: 'download the ImageNet weights that training starts from',
  flags: OPTIONS,

  parse(given) {
    given.none();
    return checked(network.safeParse(fieldsOf(OPTIONS, given)), OPTIONS, given);
  },

  async run(network) {
    await downloadWeights(network, (line) => console.error(line));
    return EXIT.ok;
  },
};
