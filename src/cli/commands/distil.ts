import type { Command } from '../command.js';
import { JSON_FLAG, OUT, Output } from '../follow.js';
import { AFTERWARDS } from '../queueing.js';
import { beginTraining, TRAINING_FLAGS, trainingWish, type TrainWish } from './train.js';

type DistilWish = Omit<TrainWish, 'sample'>;

/** What describes another start, or a head alone. */
const OTHERS: ReadonlySet<string> = new Set(['recipe', 'embedding', 'from-random', 'frozen', 'views']);

export const distil: Command<DistilWish> = {
  name: 'distil',
  takes: ['<folder> [--teacher <weights | checkpoint>] [options]'],
  summary: 'train a small network to give the embedding of another',
  flags: [
    ...TRAINING_FLAGS.filter(({ name }) => !OTHERS.has(name)),
    { name: 'download', help: 'download missing weights without asking' },
    AFTERWARDS,
    OUT,
    JSON_FLAG('print every message as a line of JSON'),
  ],

  parse(given) {
    const dataset = given.only('Name a folder of faces: one sub-folder for each person, or pictures without names.');
    const [out, json, download] = [given.path('out'), given.has('json'), given.has('download')];
    return {
      ...trainingWish(given, dataset, false, 'distil'),
      out,
      json,
      download,
      afterwards: given.has('afterwards'),
    };
  },

  run: ({ json, ...wish }) => beginTraining(wish, new Output(json)),
};
