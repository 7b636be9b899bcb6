import path from 'node:path';
import { UserError } from '../core/userError.js';
import { picturesAt } from '../platform/picturesAt.js';
import { embeddingsFolder } from '../platform/cacheFolder.js';
import { failureOf } from '../platform/failureOf.js';
import { JOBS } from '../protocol/jobs.js';
import { RECOGNITION_JOBS, type Reply, type Wish } from '../protocol/recognitionJobs.js';
import { Answering } from '../recognition/answering.js';
import {
  ensureCheckpointRecognizer,
  namesPeople,
  splitOfCheckpoint,
  type CheckpointSplit,
} from '../recognition/checkpointGallery.js';
import { evaluateModel, type EvaluateOptions } from '../recognition/evaluateModel.js';
import { enrolFolder } from '../recognition/enrolFolder.js';
import { FolderFaces } from '../recognition/keptFaces.js';
import { openSight, openSightOf, type SightWish } from '../recognition/openSight.js';
import { networkAtWork } from '../protocol/recognition.js';
import { isCheckpoint } from '../runs/checkpointFacts.js';
import { summaryOf, type Recognizer } from '../recognizers/recognizer.js';
import { isRecognizer, readRecognizer } from '../recognizers/recognizerFolder.js';
import type { Sight } from '../recognition/sight.js';
import { requireRoom } from '../recognition/requireRoom.js';
import { CANCELLED, type RunJob } from './runningJob.js';

/** What is wished for where nobody says otherwise: at most one in a hundred. */
const STRANGERS_PER_1000 = 10;

type RecognitionJob = keyof typeof RECOGNITION_JOBS;

/** What is done for each job of recognition. @throws UserError whatever a job refuses */
export const RUN_RECOGNITION: { readonly [J in RecognitionJob]: RunJob<J> } = {
  async enroll(order, { progress, cancelled }) {
    requireRoom(order.recognizer);
    const sight = await openSight(order);
    try {
      const kept = FolderFaces.open(embeddingsFolder(), path.resolve(order.dataset), sight);
      const enrolment = await enrolFolder(sight, order, kept, progress, cancelled);
      kept.save();
      return enrolment ? { type: 'enrolled', enrolment } : CANCELLED;
    } finally {
      await sight.close();
    }
  },

  async recognize({ recognizer, files, seen, ...wish }, { progress, cancelled }) {
    const all = picturesIn(files);
    const answering = await Answering.open(recognizer, wish, progress, cancelled);
    if (!answering) return CANCELLED;
    try {
      const onProgress = (done: number) => progress(done, all.length);
      const recognition = await answering.recognize(all, { crops: seen, onProgress, cancelled });
      return recognition ? { type: 'recognized', recognition } : CANCELLED;
    } finally {
      await answering.close();
    }
  },

  async editRecognizer({ recognizer, change, ...wish }, { progress, cancelled }) {
    const files = picturesIn(change.files);
    const answering = await Answering.open(recognizer, wish, progress, cancelled);
    if (!answering) return CANCELLED;
    try {
      return { type: 'edited', changed: await answering.change({ ...change, files }) };
    } finally {
      await answering.close();
    }
  },

  async evaluate({ strangersPer1000, faceWeights, faces, model, ...options }, { progress, cancelled }) {
    const sight = await openSightFor(model, { faceWeights, faces });
    try {
      const subject = await evaluated(sight, model, options, progress, cancelled);
      if (!subject) return CANCELLED;
      const { recognizer, folder, ...pictures } = subject;
      const wanted = strangersPer1000 ?? recognizer?.record.threshold.strangersPer1000 ?? STRANGERS_PER_1000;
      const all = { ...options, ...pictures, strangersPer1000: wanted };
      const evaluation = await evaluateModel(sight, recognizer, all, progress, cancelled);
      if (!evaluation) return CANCELLED;
      return {
        ...{ type: 'evaluated', evaluation, network: networkAtWork.parse(sight.embedder.network) },
        ...(recognizer && folder !== undefined ? { recognizer: summaryOf(recognizer, folder) } : {}),
      };
    } finally {
      await sight.close();
    }
  },

  async answer({ recognizer, idleSeconds, ...wish }, { send, requests, progress, cancelled }) {
    const answering = await Answering.open(recognizer, wish, progress, cancelled);
    if (!answering) return CANCELLED;
    try {
      send({ type: 'ready', network: answering.network, runtime: answering.runtime });
      for (let answered = 0; ; answered++) {
        const request = await requests.next(idleSeconds * 1000);
        if (request === 'idle' || request === 'closed')
          return { type: 'rested', why: request === 'idle' ? 'idle' : 'stopped', requests: answered };
        send({ type: 'reply', id: request.id, result: await granted(answering, request.wish) });
      }
    } finally {
      await answering.close();
    }
  },
};

function openSightFor(model: string, wish: Pick<SightWish, 'faceWeights' | 'faces'>): Promise<Sight> {
  if (!isRecognizer(model)) return openSight({ ...wish, network: model });
  const { name, network } = readRecognizer(model).record;
  return openSightOf(name, network, wish);
}

/** What is evaluated, and on which pictures where nobody names others. */
type Subject = Pick<EvaluateOptions, 'probes' | 'strangers'> & {
  readonly recognizer?: Recognizer;
  readonly folder?: string;
};

/** A checkpoint is evaluated with what it was trained on as the gallery, on the pictures that were held out. */
async function evaluated(
  sight: Sight,
  model: string,
  { probes, strangers }: Pick<EvaluateOptions, 'probes' | 'strangers'>,
  progress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Subject | undefined> {
  if (isRecognizer(model)) return { recognizer: readRecognizer(model), folder: model };
  if (probes !== undefined || !isCheckpoint(model) || !namesPeople(model)) return {};
  const split = await splitOfCheckpoint(model, progress, cancelled);
  if (!split) return undefined;
  const folder = await ensureCheckpointRecognizer(sight, model, progress, cancelled);
  if (folder === undefined) return undefined;
  const of = (pictures: CheckpointSplit['validation']) => ({ root: model, pictures });
  return {
    ...{ recognizer: readRecognizer(folder), folder, probes: of(split.validation) },
    ...(strangers === undefined && split.strangers.length > 0 ? { strangers: of(split.strangers) } : {}),
  };
}

/** What a request is refused for ends nothing: the next one may fare better. */
async function granted(answering: Answering, wish: Wish): Promise<Reply['result']> {
  try {
    const files = picturesIn(wish.files);
    if (wish.kind !== 'recognize') return { kind: 'changed', changed: await answering.change({ ...wish, files }) };
    // Never cancelled, so never without an answer.
    return { kind: 'recognized', recognition: (await answering.recognize(files, { crops: wish.seen }))! };
  } catch (error) {
    return { kind: 'refused', ...failureOf(error, JOBS.answer) };
  }
}

function picturesIn(places: readonly string[]): string[] {
  const files = places.flatMap(picturesAt);
  if (files.length > 0) return files;
  throw new UserError(
    'no-pictures',
    `There is no picture in ${places.map((place) => `“${place}”`).join(', ')}.`,
    'Name pictures, or a folder that contains some.',
  );
}
