// What each loss makes of each network: accuracy on new pictures of the people, and on pairs of strangers (docs/recognition.md, "Losses
// and networks").
//
// node scripts/build.mjs && node --import tsx bench/recognition/losses.ts <people> <aligned people> <pairs> <face weights>
//   [--seeds 0,1,2] [--only PART] [--imagenet FILE] [--out FILE]
//
// <aligned people> is what `face-trainer align <people>` makes: what networks read that find no face themselves. --imagenet names
// MobileNetV2's weights where the downloaded ones are not here. Each training is a line of --out; those there are not trained again.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { RecipeName, TrainingOptionsInput } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';
import { evaluateModel } from '../../src/recognition/evaluateModel.js';
import { modelSight } from '../../src/recognition/modelSight.js';
import { linesIn, trainedIn } from './support.js';

interface Network {
  readonly recipe: RecipeName;
  readonly options: Omit<Partial<TrainingOptionsInput>, 'weights'> & { readonly weights?: string | null };
  readonly losses: readonly (keyof typeof LOSSES)[];
}

/** Batches that triplets are found in. */
const sampler = { people: 16, pictures: 4 };

const LOSSES = {
  softmax: { loss: 'softmax' },
  cosface: { loss: 'cosface', lossRamp: 0.3 },
  arcface: { loss: 'arcface', lossRamp: 0.3 },
  combined: { loss: 'combined', lossRamp: 0.3 },
  triplet: { loss: 'triplet', sampler, mining: 'semi-hard' },
  distillation: { loss: 'distillation' },
} as const satisfies Record<string, Partial<TrainingOptionsInput>>;

const OF_PEOPLE = ['softmax', 'cosface', 'arcface', 'combined', 'triplet'] as const;

const NETWORKS: Readonly<Record<string, Network>> = {
  'MobileNetV2 1.0 at 128, ImageNet': { recipe: 'default', options: {}, losses: OF_PEOPLE },
  'MobileFaceNet at 112, random': {
    recipe: 'default',
    options: { backbone: 'mobileFaceNet', size: 112, weights: null, epochs: 30, dropout: 0 },
    losses: OF_PEOPLE,
  },
  'face network, random': {
    recipe: 'door',
    options: { fromRandom: true, epochs: 30, learningRate: 1e-3 },
    losses: OF_PEOPLE,
  },
  'face network, its last layer': {
    recipe: 'face',
    options: {},
    losses: ['softmax', 'cosface', 'arcface', 'combined'],
  },
  'face network, every layer': { recipe: 'door', options: {}, losses: [...OF_PEOPLE, 'distillation'] },
};

interface Line {
  readonly network: string;
  readonly loss: string;
  readonly seed: number;
  readonly accuracy: number;
  readonly bestEpoch: number;
  readonly pairs: number | undefined;
  readonly seconds: number;
}

interface Places {
  readonly people: string;
  readonly aligned: string;
  readonly pairs: string;
  readonly weights: string;
  readonly imagenet: string | undefined;
}

async function measured(name: string, loss: keyof typeof LOSSES, seed: number, places: Places): Promise<Line> {
  const { recipe, options } = NETWORKS[name]!;
  const isOfFaces = recipe === 'face' || recipe === 'door';
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-losses-'));
  try {
    const runFolder = path.join(scratch, 'run');
    const wished = {
      ...{ dataset: isOfFaces ? places.people : places.aligned, seed },
      ...(isOfFaces && { faceWeights: places.weights }),
      ...(recipe === 'default' && places.imagenet && { weights: places.imagenet }),
      ...options,
      ...LOSSES[loss],
    };
    const read = withRecipe(recipe, wished);
    if (!read.success) throw read.error;
    const { best, checkpoint, seconds } = await trainedIn(runFolder, read.data);
    const { accuracy: pairs } = await onPairs(checkpoint, places);
    const { valAccuracy: accuracy, epoch: bestEpoch } = best;
    return { network: name, loss, seed, accuracy, bestEpoch, pairs, seconds };
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

async function onPairs(
  checkpoint: string,
  { people, pairs, weights }: Places,
): Promise<{ readonly accuracy?: number | undefined }> {
  const sight = await modelSight(checkpoint, 'on', weights);
  try {
    const asked = { pairs, probes: { root: people, pictures: someOf(people) }, strangersPer1000: 10, seed: 0 };
    const never = () => false;
    const evaluation = await evaluateModel(sight, undefined, asked, () => undefined, never);
    return evaluation?.verification ?? {};
  } finally {
    await sight.close();
  }
}

/** A network has to be tried on somebody: two pictures of three people. */
function someOf(people: string): { readonly person: string; readonly file: string }[] {
  return fs
    .readdirSync(people)
    .filter((person) => fs.statSync(path.join(people, person)).isDirectory())
    .slice(0, 3)
    .flatMap((person) =>
      fs
        .readdirSync(path.join(people, person))
        .slice(0, 2)
        .map((name) => ({ person, file: path.join(people, person, name) })),
    );
}

function report(lines: readonly Line[]): void {
  const spread = (values: readonly (number | undefined)[]) => {
    const known = values.filter((value) => value !== undefined);
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    return `${mean.toFixed(3)} (${Math.min(...known).toFixed(3)}–${Math.max(...known).toFixed(3)})`;
  };
  for (const network of Object.keys(NETWORKS))
    for (const loss of Object.keys(LOSSES)) {
      const own = lines.filter((line) => line.network === network && line.loss === loss);
      if (own.length === 0) continue;
      const seconds = own.reduce((sum, line) => sum + line.seconds, 0) / own.length;
      const cells = [network, loss, spread(own.map((l) => l.accuracy)), spread(own.map((l) => l.pairs))];
      console.log(`| ${[...cells, `${seconds.toFixed(0)} s`, String(own.length)].join(' | ')} |`);
    }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string', default: '0,1,2' },
      only: { type: 'string', default: '' },
      imagenet: { type: 'string' },
      out: { type: 'string', default: 'losses.ndjson' },
    },
    allowPositionals: true,
  });
  const [people, aligned, pairs, weights] = positionals.map((place) => path.resolve(place));
  if (!people || !aligned || !pairs || !weights)
    throw new Error('Name a folder of people, their aligned faces, one of pairs, and the face weights.');
  const { imagenet } = values;
  for (const seed of values.seeds.split(',').map(Number))
    for (const [network, { losses }] of Object.entries(NETWORKS))
      for (const loss of losses) {
        if (!`${network}, ${loss}`.includes(values.only)) continue;
        const isDone = linesIn<Line>(values.out).some(
          (l) => l.network === network && l.loss === loss && l.seed === seed,
        );
        if (isDone) continue;
        const line = await measured(network, loss, seed, { people, aligned, pairs, weights, imagenet });
        fs.appendFileSync(values.out, `${JSON.stringify(line)}\n`);
        console.log(JSON.stringify(line));
      }
  report(linesIn<Line>(values.out));
}

void main();
