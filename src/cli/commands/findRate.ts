import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { TrainingOptions } from '../../protocol/options.js';
import { EXIT, type Command } from '../command.js';
import { JSON_FLAG, Output } from '../follow.js';
import { rateLines } from '../rateLines.js';
import { TRAINING_FLAGS, trainingWish, withWeights, type TrainingWish } from './train.js';

type RateWish = TrainingWish & { readonly json: boolean; readonly download: boolean };

export const findRateCommand: Command<RateWish> = {
  name: 'find-rate',
  takes: ['<folder> [options]'],
  summary: 'find a learning rate by a hundred steps whose rate grows; no run is begun',
  flags: [
    ...TRAINING_FLAGS,
    { name: 'download', help: 'download missing weights without asking' },
    JSON_FLAG('print the curve and the proposal as a line of JSON'),
  ],

  parse(given) {
    const dataset = given.only('Name the folder to find a learning rate for.');
    return { ...trainingWish(given, dataset), json: given.has('json'), download: given.has('download') };
  },

  async run({ options: wished, fromFaces, json, download }) {
    const output = new Output(json);
    const options: TrainingOptions = await withWeights(wished, fromFaces, download);
    const end = await output.follow({ type: 'findRate', protocol: PROTOCOL_VERSION, options });
    if (end.type !== 'rateFound') return output.failed(end);
    output.lines(end.search);
    output.note(...rateLines(end.search));
    return end.search.proposal ? EXIT.ok : EXIT.failed;
  },
};
