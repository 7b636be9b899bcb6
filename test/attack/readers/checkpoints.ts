import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Random } from '../../../src/core/random.js';
import { UserError } from '../../../src/core/userError.js';
import { givenNetwork } from '../../../src/graph/networkOptions.js';
import { openCheckpoint } from '../../../src/inference/openCheckpoint.js';
import { openModel } from '../../../src/inference/openModel.js';
import { trainingOptions } from '../../../src/protocol/options.js';
import { writeCheckpoint } from '../../../src/runs/checkpoint.js';
import { positionOf } from '../../../src/runs/checkpointFacts.js';
import { runToFineTune } from '../../../src/runs/checkpointRun.js';
import { resumePoint } from '../../../src/runs/resumePoint.js';
import { RunFolder } from '../../../src/runs/runFolder.js';
import { writeRunRecord } from '../../../src/runs/runRecord.js';
import { decodeSafetensors } from '../../../src/runs/safetensors.js';
import { sampleCheckpoint, sampleGraph } from '../../support/runs.js';
import { SAMPLE_EVENTS } from '../../support/sampleEvents.js';
import { mutateBytes, mutateJson } from '../mutations.js';
import type { Attempt } from '../reader.js';
import { PEOPLE, SIDE, tinyCheckpoint, tinyGraph } from './networks.js';
import { SampleFiles } from './sampleFiles.js';

/** Its header as JSON with the length set right, or any of its bytes. */
export function mutateSafetensors(original: Buffer, random: Random): Buffer {
  if (random.integer(2) === 0) return mutateBytes(original, random);
  const length = Number(original.readBigUInt64LE(0));
  const header = Buffer.from(mutateJson(original.toString('utf8', 8, 8 + length), random));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, original.subarray(8 + length)]);
}

/** The reader alone, which says in a RangeError what its callers say in sentences. */
export function safetensors(): Attempt {
  const folder = fs.mkdtempSync(path.join(path.dirname(process.argv[3]!), 'one-'));
  writeCheckpoint(path.join(folder, 'one'), tinyGraph, tinyCheckpoint());
  const original = fs.readFileSync(path.join(folder, 'one', 'model.safetensors'));
  return (random) => {
    try {
      decodeSafetensors(mutateSafetensors(original, random));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError('checkpoint-damaged', error.message, '');
    }
  };
}

const STATE = {
  loop: {
    ...{ unfinished: { sums: { loss: 0, correct: 0, images: 0 }, pictures: 0, seconds: 0, waitedSeconds: 0 } },
    ...{ bestIsWhole: false, told: { stages: 0, marks: 0 }, warned: [], elapsedSeconds: 1, arithmetic: 'native' },
  },
  kept: { earlier: [], isBest: true },
};

/** A run with a checkpoint of a network that lies in it as data, or of one that is built by what `run.json` says. */
function run(folder: string, given: boolean): SampleFiles {
  const place = new RunFolder(folder);
  fs.mkdirSync(place.checkpoints, { recursive: true });
  const one = given ? tinyCheckpoint() : sampleCheckpoint();
  const graph = given ? tinyGraph : sampleGraph;
  writeCheckpoint(path.join(place.checkpoints, 'epoch-0001'), graph, { ...one, ...STATE }, given ? graph : undefined);
  const options = trainingOptions.parse({ dataset: path.join(folder, 'pictures'), ...(!given && { width: 0.1 }) });
  const { size, width, pooling, dropout, head } = givenNetwork(given ? SIDE : 32);
  const built = { backbone: 'mobileNetV2', size, width: 0.1, pooling, dropout, head: 'dense' } as const;
  const network = given ? { backbone: 'given' as const, size, width, pooling, dropout, head } : built;
  writeRunRecord(place, {
    ...{ version: 2, id: 'run', startedAt: '2026-01-01T00:00:00.000Z', options, faces: 'aligned' },
    versions: { faceTrainer: '1.0.0', node: process.version, platform: process.platform },
    network: { ...network, name: graph.name, parameters: 100 },
    data: { people: PEOPLE, images: 9, trainImages: 6, validationImages: 3, fingerprint: 'a'.repeat(64) },
  });
  const events = Object.values(SAMPLE_EVENTS).filter(({ type }) => type !== 'finished' && type !== 'failure');
  fs.writeFileSync(place.metrics, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const names = ['manifest.json', 'state.json', 'model.safetensors', 'optimizer.safetensors'];
  const within = [...names, ...(given ? ['graph.json'] : [])].map((name) => `${CHECKPOINT}/${name}`);
  return new SampleFiles(folder, ['run.json', ...within]);
}

const CHECKPOINT = 'checkpoints/epoch-0001';

interface Manifest {
  readonly files: { readonly file: string; bytes: number; sha256: string }[];
}

/** Changes one file; sizes and digests are made right, but for one in ten. */
function damage(files: SampleFiles, random: Random): void {
  files.restore();
  const name = random.pick(files.names);
  const original = files.original(name);
  const bytes = name.endsWith('.json')
    ? Buffer.from(mutateJson(original.toString(), random))
    : mutateSafetensors(original, random);
  files.change(name, bytes);
  if (!name.startsWith(CHECKPOINT) || name.endsWith('manifest.json') || random.integer(10) === 0) return;
  const manifest = JSON.parse(files.original(`${CHECKPOINT}/manifest.json`).toString()) as Manifest;
  const entry = manifest.files.find(({ file }) => name.endsWith(`/${file}`))!;
  entry.bytes = bytes.length;
  entry.sha256 = createHash('sha256').update(bytes).digest('hex');
  files.change(`${CHECKPOINT}/manifest.json`, JSON.stringify(manifest));
}

/** Each way in which a checkpoint is read. */
const WAYS: readonly ((run: string, checkpoint: string) => unknown)[] = [
  (_, checkpoint) => openCheckpoint(checkpoint),
  (_, checkpoint) => runToFineTune(checkpoint),
  (folder) => resumePoint(folder),
  (_, checkpoint) => positionOf(checkpoint),
];

export function checkpoint(folder: string): Attempt {
  const runs = [true, true, true, false].map((given, i) => run(path.join(folder, `run-${i}`), given));
  return (random) => {
    const files = random.pick(runs);
    damage(files, random);
    random.pick(WAYS)(files.folder, path.join(files.folder, CHECKPOINT));
  };
}

export function checkpointAtWork(folder: string): Attempt {
  const runs = [true, true, true, false].map((given, i) => run(path.join(folder, `run-${i}`), given));
  return async (random) => {
    const files = random.pick(runs);
    damage(files, random);
    const model = await openModel(path.join(files.folder, CHECKPOINT));
    try {
      const { width, height } = model.facts.input;
      await model.run(new Uint8Array(width * height * 3));
    } finally {
      await model.close();
    }
  };
}
