import path from 'node:path';
import { namedFile, usualName } from '../../protocol/exportOptions.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { RunFolder, runFolderOf } from '../../runs/runFolder.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { measurementLines } from '../modelLines.js';
import { isRecognizer } from '../../recognizers/recognizerFolder.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { recognizerPlace } from '../recognizerPlace.js';

interface ExportWish {
  readonly order: OrderOf<'export'>;
  readonly json: boolean;
}

const { order: orderSchema } = JOBS.export;
const OPTIONS = optionFlags(orderSchema);

export const exportCommand: Command<ExportWish> = {
  name: 'export',
  takes: ['<checkpoint or recognizer> [options]'],
  summary: 'convert a network to a file that other runtimes load; of a recognizer with its people beside it',
  flags: [
    ...OPTIONS,
    { name: 'output', value: 'FILE', help: 'file to write, for tfjs a folder (in the exports folder of the run)' },
    { name: 'no-measure', help: 'leave accuracy and latency out of the model card' },
    JSON_FLAG('print the file, its size and the measurements as a line of JSON'),
  ],

  parse(given) {
    given.only('Name the folder of a checkpoint or a recognizer.');
    const checkpoint = recognizerPlace(given.words[0]!, given.cwd);
    const enrolled = isRecognizer(checkpoint);
    const { options, ...rest } = fieldsOf(OPTIONS, given);
    const fields = {
      ...rest,
      // A recognizer compares: it has no scores.
      options: { ...(options as object | undefined), ...(enrolled && { part: 'embedding' }) },
      ...{ type: 'export', protocol: PROTOCOL_VERSION, checkpoint },
      output:
        given.path('output') ??
        (enrolled ? path.join(checkpoint, 'exports') : new RunFolder(runFolderOf(checkpoint)).exports),
      measure: !given.has('no-measure'),
    };
    const order = checked(orderSchema.safeParse(fields), OPTIONS, given);
    return { order: { ...order, output: fileOf(order, given.has('output')) }, json: given.has('json') };
  },

  async run({ order, json }) {
    const output = new Output(json);
    const end = await output.follow(order);
    if (end.type !== 'exported') return output.failed(end);
    const { file, bytes, cards, measured, recognizer } = end;
    output.lines({ file, bytes, cards, measured, recognizer });
    output.note(
      `Written     ${file}, ${(bytes / 1e6).toFixed(1)} MB`,
      ...(measured ? measurementLines(measured) : []),
      `Model card  ${cards[0]!}`,
      ...(recognizer === undefined
        ? []
        : [
            `Recognizer  ${recognizer}, ${isRecognizer(order.checkpoint) ? 'the people enrolled' : 'of the people it was trained on'}`,
          ]),
    );
    return EXIT.ok;
  },
};

/** @param named whether the user named the file, or its folder alone is known */
function fileOf({ output, checkpoint, options }: OrderOf<'export'>, named: boolean): string {
  if (!named) return path.join(output, usualName(path.basename(checkpoint), options));
  return path.normalize(namedFile(output, options));
}
