import path from 'node:path';
import { networkWords } from '../../core/answerWords.js';
import { formatCount, formatDuration } from '../../core/format.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { Enrolment } from '../../protocol/recognition.js';
import { ignoreInGit } from '../../runs/runLocation.js';
import type { Editor } from '../editor.js';
import { tellEnd } from '../failures.js';
import type { Jobs } from '../job.js';
import type { Recognizers } from '../recognizers.js';
import { forgetBuiltInNetwork, withFaceWeights } from './faceWeights.js';
import type { Memory } from './trainingOptionsPick.js';

export interface RecognizePorts {
  readonly jobs: Jobs;
  readonly recognizers: Recognizers;
  readonly show: (recognizer: string) => Promise<void>;
  readonly memory: Memory;
}

/** Makes a recognizer of a folder of people, without any training, and shows it. */
export async function recognizePeople(editor: Editor, ports: RecognizePorts, dataset: string): Promise<void> {
  const { jobs, recognizers } = ports;
  const recognizer = recognizers.folderFor(dataset);
  if (!(await mayReplace(editor, recognizers, recognizer))) return;
  const weights = await withFaceWeights(editor, ports.memory);
  if (!weights) return;
  ignoreInGit(path.dirname(path.dirname(recognizer)));
  const order = {
    type: 'enroll',
    protocol: PROTOCOL_VERSION,
    dataset,
    recognizer,
    seed: 0,
    faces: 'on',
    strangersPer1000: 10,
    ...weights,
  } as const;
  const end = await jobs.run(order, `Recognize People: looking at “${path.basename(dataset)}”`);
  if (end.type !== 'enrolled') {
    tellEnd(editor, end);
    return;
  }
  recognizers.changed(recognizer);
  await ports.show(recognizer);
  for (const warning of end.enrolment.warnings) editor.log.warn(warning);
  for (const { file, reason } of end.enrolment.leftOut) editor.log.info(`left out: ${file} ${reason}`);
  if ((await announce(editor, end.enrolment)) !== 'better') return;
  await forgetBuiltInNetwork(ports.memory);
  await recognizePeople(editor, ports, dataset);
}

/** What was corrected by hand is gone with the old one: that is asked first. */
async function mayReplace(editor: Editor, recognizers: Recognizers, recognizer: string): Promise<boolean> {
  const changes = recognizers.record(recognizer)?.history.length ?? 0;
  if (changes === 0) return true;
  const [again] = ['Enrol Again'] as const;
  const chosen = await editor.ask(
    `“${path.basename(recognizer)}” is a recognizer already.`,
    `Enrolling its folder again takes back what you have changed in it (${formatCount(changes, 'change')}).`,
    again,
  );
  return chosen === again;
}

/** @returns whether the people are to be enrolled with a better network */
async function announce(editor: Editor, enrolment: Enrolment): Promise<'better' | undefined> {
  const { recognizer, enrolled, leftOut, severalFaces, seconds } = enrolment;
  const beside = [
    leftOut.length > 0 && `${formatCount(leftOut.length, 'picture')} left out, which the log lists`,
    severalFaces.length > 0 && `${formatCount(severalFaces.length, 'picture')} with several faces`,
  ].filter(Boolean);
  const [attempt, evaluate, better, log] = ['Try a Picture', 'Evaluate', 'Use a Better Network…', 'Show Log'] as const;
  const chosen = await editor.say(
    recognizer.network.kind === 'dlib' ? 'warning' : 'information',
    `“${recognizer.name}” knows ${formatCount(recognizer.people.length, 'person', 'people')} by ${formatCount(enrolled, 'picture')} ` +
      `after ${formatDuration(seconds)}, with ${networkWords(recognizer.network)}${beside.length > 0 ? `; ${beside.join(', ')}` : ''}.`,
    attempt,
    evaluate,
    ...(recognizer.network.kind === 'dlib' ? [better] : []),
    ...(leftOut.length > 0 ? [log] : []),
  );
  if (chosen === attempt) await editor.execute('faceTrainer.tryPicture', recognizer.folder);
  if (chosen === evaluate) await editor.execute('faceTrainer.evaluate', recognizer.folder);
  if (chosen === log) editor.log.show();
  return chosen === better ? 'better' : undefined;
}
