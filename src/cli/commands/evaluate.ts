import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf, type WordOf } from '../../protocol/jobs.js';
import { setThreshold } from '../../recognizers/edits.js';
import { editRecognizer } from '../../recognizers/editRecognizer.js';
import { evidencedThreshold } from '../../recognizers/evidencedThreshold.js';
import { EXIT, type Command } from '../command.js';
import { evaluationLines } from '../evaluationLines.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import { getNetworkOf } from '../getWeights.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { recognizerPlace } from '../recognizerPlace.js';

interface EvaluateWish {
  readonly order: OrderOf<'evaluate'>;
  readonly useThreshold: boolean;
  readonly json: boolean;
}

const { order: orderSchema } = JOBS.evaluate;
const OPTIONS = optionFlags(orderSchema);

export const evaluate: Command<EvaluateWish> = {
  name: 'evaluate',
  takes: ['<recognizer, checkpoint or exported file> [options]'],
  summary: 'say how often people are recognized, strangers named and pairs told apart, with bounds',
  flags: [
    ...OPTIONS,
    {
      name: 'use-threshold',
      help: 'the recognizer answers by the suggested threshold from now on, if the evidence carries it',
    },
    JSON_FLAG('print all that was found as JSON, in one line'),
  ],

  parse(given) {
    const [word, more] = given.words;
    if (word === undefined) throw new UsageError('Name a recognizer, a checkpoint or an exported file.');
    if (more !== undefined) throw new UsageError(`Unexpected argument “${more}”: pictures are named with --probes.`);
    const model = recognizerPlace(word, given.cwd);
    const fields = { ...fieldsOf(OPTIONS, given), type: 'evaluate', protocol: PROTOCOL_VERSION, model };
    const order = checked(orderSchema.safeParse(fields), OPTIONS, given);
    return { order, useThreshold: given.has('use-threshold'), json: given.has('json') };
  },

  async run({ order, useThreshold, json }) {
    const output = new Output(json);
    await getNetworkOf(order.model, order.faceWeights, (line) => console.error(line));
    const end = await output.follow(order);
    if (end.type !== 'evaluated') return output.failed(end);
    const { evaluation, network } = end;
    output.note(...evaluationLines(evaluation), `Network     ${network.name} (${network.precision})`);
    const used = useThreshold ? await adopt(order.model, end, output) : true;
    // The map is nine tenths of it, and means nothing without the page.
    output.lines({ ...evaluation, map: undefined, network });
    return used ? EXIT.ok : EXIT.failed;
  },
};

/** @returns whether the suggested threshold is in use now */
async function adopt(folder: string, { evaluation, recognizer }: WordOf<'evaluate'>, output: Output): Promise<boolean> {
  const { suggestion } = evaluation;
  if (!recognizer || !suggestion?.carried) {
    console.error(
      recognizer
        ? 'The evidence does not carry the wish: the threshold stays as it is.'
        : 'Only a recognizer has a threshold of its own: make one with “face-trainer enroll”.',
    );
    return false;
  }
  await editRecognizer(folder, setThreshold(evidencedThreshold(evaluation, suggestion.threshold)));
  output.note(`In use      ${suggestion.threshold.toFixed(3)} from now on`);
  return true;
}
