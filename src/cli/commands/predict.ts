import path from 'node:path';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import { predictionLines } from '../modelLines.js';
import { recognitionLines } from '../recognitionLines.js';
import { isCheckpoint } from '../../runs/checkpointFacts.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';

interface PredictWish {
  readonly order: OrderOf<'predict'>;
  /** Every picture is of one of the people that the network was trained on: its scores alone answer. */
  readonly closedSet: boolean;
  readonly json: boolean;
}

const { order: orderSchema } = JOBS.predict;
const OPTIONS = optionFlags(orderSchema);

export const predict: Command<PredictWish> = {
  name: 'predict',
  takes: ['<checkpoint or exported file> <pictures or folders…> [options]'],
  summary: 'say who is in the pictures: a person whom the network was trained on, or unknown',
  flags: [
    ...OPTIONS,
    {
      name: 'closed-set',
      help: 'every picture is of one of the people it was trained on: the scores of a checkpoint alone answer, and nobody is unknown',
    },
    JSON_FLAG('print file, person, probability and all scores of each picture as a line of JSON'),
  ],

  parse(given) {
    const [model, ...files] = given.words.map((word) => path.resolve(given.cwd, word));
    if (model === undefined) throw new UsageError('Name a checkpoint or an exported file, and pictures to look at.');
    if (files.length === 0) throw new UsageError('Name pictures to look at.');
    const fields = { ...fieldsOf(OPTIONS, given), type: 'predict', protocol: PROTOCOL_VERSION, model, files };
    return {
      order: checked(orderSchema.safeParse(fields), OPTIONS, given),
      closedSet: given.has('closed-set'),
      json: given.has('json'),
    };
  },

  async run({ order, closedSet, json }) {
    const output = new Output(json);
    if (!closedSet && isCheckpoint(order.model)) return recognized(output, order);
    const end = await output.follow(order);
    if (end.type !== 'predicted') return output.failed(end);
    output.lines(...end.predictions);
    output.note(...predictionLines(end.predictions));
    return end.predictions.some((answer) => 'error' in answer) ? EXIT.failed : EXIT.ok;
  },
};

/** A checkpoint answers by its embedding, with the people it was trained on as the gallery. */
async function recognized(output: Output, { model, files, faces, faceWeights }: OrderOf<'predict'>): Promise<number> {
  const end = await output.follow({
    ...{ type: 'recognize', protocol: PROTOCOL_VERSION, recognizer: model, files },
    ...{ faces: faces === 'as-they-are' ? 'off' : 'on', seen: false },
    ...(faceWeights === undefined ? {} : { faceWeights }),
  });
  if (end.type !== 'recognized') return output.failed(end);
  output.lines(...end.recognition.answers);
  output.note(...recognitionLines(end.recognition));
  return end.recognition.answers.some((answer) => 'error' in answer) ? EXIT.failed : EXIT.ok;
}
