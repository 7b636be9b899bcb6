import path from 'node:path';
import { UserError } from '../core/userError.js';
import { picturesAt } from '../dataset/scanDataset.js';
import { embeddingsFolder } from '../platform/cacheFolder.js';
import { failureOf } from '../platform/failureOf.js';
import { JOBS } from '../protocol/jobs.js';
import { RECOGNITION_JOBS, type Reply, type Wish } from '../protocol/recognitionJobs.js';
import { Answering } from '../recognition/answering.js';
import { enrolFolder } from '../recognition/enrolFolder.js';
import { FolderFaces } from '../recognition/keptFaces.js';
import { openSight } from '../recognition/openSight.js';
import { requireRoom } from '../recognition/requireRoom.js';
import { CANCELLED, type RunJob } from './runningJob.js';

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
    const answering = await Answering.open(recognizer, wish);
    try {
      const onProgress = (done: number) => progress(done, all.length);
      const recognition = await answering.recognize(all, { crops: seen, onProgress, cancelled });
      return recognition ? { type: 'recognized', recognition } : CANCELLED;
    } finally {
      await answering.close();
    }
  },

  async editRecognizer({ recognizer, change, ...wish }) {
    const files = picturesIn(change.files);
    const answering = await Answering.open(recognizer, wish);
    try {
      return { type: 'edited', changed: await answering.change({ ...change, files }) };
    } finally {
      await answering.close();
    }
  },

  async answer({ recognizer, idleSeconds, ...wish }, { send, requests }) {
    const answering = await Answering.open(recognizer, wish);
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
