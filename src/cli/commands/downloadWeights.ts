import * as z from 'zod';
import { trainingOptions } from '../../protocol/options.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { downloadFaces, downloadWeights } from '../getWeights.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';

const { backbone, width, size } = trainingOptions.shape;
const network = z.object({ backbone, width, size });
const OPTIONS = optionFlags(network);

/** The face network, or ImageNet weights for a network that is trained. */
type Wish = 'face' | z.infer<typeof network>;

export const downloadWeightsCommand: Command<Wish> = {
  name: 'download-weights',
  takes: ['[options]', '--face'],
  summary: 'download the ImageNet weights that training starts from, or the face network',
  flags: [
    ...OPTIONS,
    { name: 'face', help: 'the face network that recognizes people without training, with its detector and landmarks' },
  ],

  parse(given) {
    given.none();
    if (!given.has('face')) return checked(network.safeParse(fieldsOf(OPTIONS, given)), OPTIONS, given);
    const other = OPTIONS.find(({ name }) => given.has(name));
    if (other) throw new UsageError(`--${other.name} is about ImageNet weights: name it or --face, not both.`);
    return 'face';
  },

  async run(wish) {
    const say = (line: string) => console.error(line);
    await (wish === 'face' ? downloadFaces(say) : downloadWeights(wish, say));
    return EXIT.ok;
  },
};
