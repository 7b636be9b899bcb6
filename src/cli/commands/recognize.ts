import path from 'node:path';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import { getNetworkOf } from '../getWeights.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { recognitionLines } from '../recognitionLines.js';
import { recognizerPlace } from '../recognizerPlace.js';

interface RecognizeWish {
  readonly order: OrderOf<'recognize'>;
  readonly json: boolean;
}

const { order: orderSchema } = JOBS.recognize;
const OPTIONS = optionFlags(orderSchema);

export const recognize: Command<RecognizeWish> = {
  name: 'recognize',
  takes: ['<recognizer> <pictures or folders…> [options]'],
  summary: 'say who is in the pictures: a person whom the recognizer knows, or unknown',
  flags: [...OPTIONS, JSON_FLAG('print the answers as JSON, in one line')],

  parse(given) {
    const [name, ...pictures] = given.words;
    if (name === undefined) throw new UsageError('Name a recognizer, and pictures to look at.');
    if (pictures.length === 0) throw new UsageError('Name pictures to look at.');
    const recognizer = recognizerPlace(name, given.cwd);
    const files = pictures.map((word) => path.resolve(given.cwd, word));
    const fields = { ...fieldsOf(OPTIONS, given), type: 'recognize', protocol: PROTOCOL_VERSION, recognizer, files };
    return { order: checked(orderSchema.safeParse(fields), OPTIONS, given), json: given.has('json') };
  },

  async run({ order, json }) {
    const output = new Output(json);
    await getNetworkOf(order.recognizer, order.faceWeights, (line) => console.error(line));
    const end = await output.follow(order);
    if (end.type !== 'recognized') return output.failed(end);
    output.lines(end.recognition);
    output.note(...recognitionLines(end.recognition));
    return end.recognition.answers.some((answer) => 'error' in answer) ? EXIT.failed : EXIT.ok;
  },
};
