import os from 'node:os';
import { scanDataset } from '../dataset/scanDataset.js';
import { alignFaces } from '../faces/alignFaces.js';
import { exportWithCard } from '../inference/exportWithCard.js';
import { compareCheckpoint } from '../inference/compareCheckpoint.js';
import { validatedAnswers } from '../inference/validatedAnswers.js';
import { predict } from '../inference/predict.js';
import type { Job, LastWord, MessageOf, OrderOf, TrainerMessage, TrainerOrder } from '../protocol/jobs.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { Request } from '../protocol/recognitionJobs.js';
import { previewSamples } from '../dataset/preview.js';
import { thumbnailOf } from '../dataset/thumbnail.js';
import { embeddingsFolder } from '../platform/cacheFolder.js';
import { removeOrphanedTemporaries } from '../platform/temporaryFolder.js';
import { throttled } from '../platform/throttled.js';
import { fineTuningOptions } from '../runs/checkpointRun.js';
import { preparePlaces } from '../privacy/orderPlaces.js';
import { removeGoneEmbeddings } from '../recognition/embeddingsUpkeep.js';
import { exportRecognizer } from '../recognition/exportRecognizer.js';
import { isRecognizer } from '../recognizers/recognizerFolder.js';
import { findRate } from '../training/findRate.js';
import type { StopSignal } from '../training/stopSignal.js';
import { resumeRun, trainRun } from '../training/trainRun.js';
import { version } from '../../package.json';
import type { Mailbox } from './mailbox.js';
import { runCheck } from './checkJob.js';
import { isPersonalJob, RUN_PERSONAL } from './personalJobs.js';
import { RUN_RECOGNITION } from './recognitionJobs.js';
import { recognizerBeside } from './recognizerBeside.js';
import { CANCELLED, type JobContext, type RunJob } from './runningJob.js';

/** What is done for each job. @throws UserError whatever a job refuses */
const RUN: { readonly [J in Job]: RunJob<J> } = {
  train: ({ runFolder, options }, context) => train(runFolder, options, context),

  qat: async ({ runFolder, checkpoint, overrides }, context) =>
    train(runFolder, fineTuningOptions(checkpoint, overrides), context),

  resume: ({ runFolder, epochs }, { send, stop }) =>
    lastWordOf(send, (emit) => resumeRun({ runFolder, epochs }, emit, stop)),

  check: runCheck,

  async align({ dataset, out, size, threads }, { progress, cancelled }) {
    const options = { out, size, threads: threads || os.availableParallelism() };
    const summary = await alignFaces(scanDataset(dataset), options, progress, cancelled);
    return summary ? { type: 'aligned', summary } : CANCELLED;
  },

  async export(order, { progress, cancelled }) {
    if (isRecognizer(order.checkpoint)) {
      const { checkpoint, options, output, faceWeights } = order;
      const wish = { options, output, faceWeights };
      const written = await exportRecognizer(checkpoint, wish, progress, cancelled);
      return written ? { type: 'exported', ...written } : CANCELLED;
    }
    const exported = await exportWithCard(order, progress, cancelled);
    if (!exported) return CANCELLED;
    const recognizer = await recognizerBeside(order, exported.file, progress, cancelled);
    return { type: 'exported', ...exported, ...(recognizer === undefined ? {} : { recognizer }) };
  },

  async compare({ checkpoint }, { progress, cancelled }) {
    const comparison = await compareCheckpoint(checkpoint, progress, cancelled);
    return comparison ? { type: 'compared', comparison } : CANCELLED;
  },

  async validate({ checkpoint }, { progress, cancelled }) {
    const answers = await validatedAnswers(checkpoint, progress, cancelled);
    return answers ? { type: 'validated', answers } : CANCELLED;
  },

  async predict(order, { progress, cancelled }) {
    const answers = await predict(order, progress, cancelled);
    return answers ? { type: 'predicted', ...answers } : CANCELLED;
  },

  async thumbnails({ files, side }) {
    const draw = async (file: string) => {
      const data = await thumbnailOf(file, side, { quality: 80, enlarge: false });
      return { file, ...(data === undefined ? {} : { data }) };
    };
    // libvips decodes them beside each other.
    return { type: 'thumbnails', pictures: await Promise.all(files.map(draw)) };
  },

  preview: async ({ options }) => ({ type: 'previewed', samples: await previewSamples(options) }),

  async findRate({ options }, { send, progress, cancelled }) {
    const steps = throttled((done, total) => send({ type: 'preparing', done, total, what: 'steps' }));
    const search = await findRate(options, { progress, steps, cancelled });
    return search ? { type: 'rateFound', search } : CANCELLED;
  },

  ...RUN_RECOGNITION,
  ...RUN_PERSONAL,
};

/** @throws UserError whatever the job refuses */
export function runJob<J extends Job>(
  job: J,
  order: OrderOf<J>,
  send: (message: TrainerMessage) => void,
  stop: StopSignal,
  requests: Mailbox<Request>,
): Promise<LastWord> {
  if (!isPersonalJob(job)) tidyUp(order);
  const progress = throttled((done, total) => send({ type: 'preparing', done, total }));
  return RUN[job](order, { send, stop, progress, cancelled: () => stop.requested, requests });
}

function train(runFolder: string, options: TrainingOptions, { send, stop }: JobContext) {
  return lastWordOf(send, (emit) => trainRun({ runFolder, options, version }, emit, stop));
}

/** What every job does first for those whom its pictures show: it notes where it will write, and removes what nobody needs. */
function tidyUp(order: TrainerOrder): void {
  try {
    preparePlaces(order);
    removeOrphanedTemporaries();
    removeGoneEmbeddings(embeddingsFolder());
  } catch (error) {
    console.error(error); // it is no reason to refuse the job
  }
}

/** A run says its last word before its report is written; here it comes last. */
async function lastWordOf(
  send: JobContext['send'],
  run: (emit: (message: TrainerMessage) => void) => Promise<boolean>,
): Promise<MessageOf<'finished' | 'failure'>> {
  let word: MessageOf<'finished' | 'failure'> | undefined;
  await run((message) => {
    if (message.type === 'finished' || message.type === 'failure') word = message;
    else send(message);
  });
  return word!;
}
