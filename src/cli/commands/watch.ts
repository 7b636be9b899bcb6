import path from 'node:path';
import { Answerer } from '../../client/answerer.js';
import { PictureWatch } from '../../client/pictureWatch.js';
import { watchFolder, type Told } from '../../client/watchFolder.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { JOBS, type OrderOf } from '../../protocol/jobs.js';
import { EXIT, type Command } from '../command.js';
import { trainerEntry } from '../follow.js';
import { getNetworkOf } from '../getWeights.js';
import { checked, fieldsOf, optionFlags } from '../optionFlags.js';
import { RECOGNIZER, recognizerOf } from '../recognizerPlace.js';
import { untilInterrupted } from '../untilInterrupted.js';

interface WatchWish {
  readonly folder: string;
  readonly order: OrderOf<'answer'>;
  readonly existing: boolean;
}

const { order: orderSchema } = JOBS.answer;
const OPTIONS = optionFlags(orderSchema);

export const watch: Command<WatchWish> = {
  name: 'watch',
  takes: ['<folder> [--recognizer <recognizer>] [options]'],
  summary: 'answer each picture that appears in a folder, as a line of JSON',
  flags: [RECOGNIZER, ...OPTIONS, { name: 'existing', help: 'answer the pictures that are there already as well' }],

  parse(given) {
    const folder = given.only('Name the folder in which pictures will appear.');
    const recognizer = recognizerOf(given);
    const fields = { ...fieldsOf(OPTIONS, given), type: 'answer', protocol: PROTOCOL_VERSION, recognizer };
    const order = checked(orderSchema.safeParse(fields), OPTIONS, given);
    return { folder, order, existing: given.has('existing') };
  },

  async run({ folder, order, existing }) {
    await getNetworkOf(order.recognizer, order.faceWeights, (line) => console.error(line));
    const answerer = new Answerer({ entry: trainerEntry(), order }, { onOutput: (line) => console.error(line) });
    answerer.warmUp();
    const pictures = new PictureWatch(folder, existing);
    // What is there when it says that it watches was there before.
    pictures.look();
    console.error(`Watching ${folder} for ${path.basename(order.recognizer)}. Ctrl-C ends it.`);
    const interrupted = untilInterrupted();
    await watchFolder({
      watch: pictures,
      ask: (wish) => answerer.ask(wish),
      tell: (file, told) => process.stdout.write(`${JSON.stringify(lineOf(file, told))}\n`),
      onFolder: (isThere) => console.error(isThere ? `${folder} is back.` : `${folder} is not there: waiting for it.`),
      rest: (ms) => interrupted.after(ms),
    });
    await answerer.close();
    return EXIT.ok;
  },
};

/** What a script reads of a picture. */
function lineOf(file: string, told: Told): object {
  const at = { time: new Date().toISOString() };
  if (told.kind === 'answered') return { ...at, ...told.answer };
  const { code, message, advice } = told;
  return { ...at, file, refused: { code, message, advice } };
}
