import { networkWords } from '../../core/answerWords.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { Evaluation } from '../../protocol/evaluation.js';
import type { LastWord } from '../../protocol/jobs.js';
import type { Editor } from '../editor.js';
import { faceWeightsSetting } from '../faceWeightsSetting.js';
import type { Jobs, RunningJob } from '../job.js';

/** What is evaluated, and against whom. */
export interface Evaluated {
  /** Folder of a recognizer or a checkpoint, or an exported file. */
  readonly target: string;
  /** Folder of people to be recognized, where the target holds none itself. */
  readonly probes?: string | undefined;
  /** Folder of strangers; absent: the people themselves, each in turn. */
  readonly strangers?: string | undefined;
}

export interface EvaluationResult {
  readonly evaluation: Evaluation;
  /** A line about what computed. */
  readonly network: string;
}

/** An evaluation without a result, and why. */
export interface NotEvaluated {
  readonly message: string;
  readonly advice: string;
}

export interface RunningEvaluation extends RunningJob {
  readonly result: Promise<EvaluationResult | NotEvaluated>;
}

export function startEvaluation(
  editor: Editor,
  jobs: Pick<Jobs, 'start'>,
  { target, probes, strangers }: Evaluated,
  onProgress: (done: number, total: number) => void,
): RunningEvaluation {
  const job = jobs.start(
    {
      type: 'evaluate',
      protocol: PROTOCOL_VERSION,
      model: target,
      seed: 0,
      faces: 'on',
      ...(probes === undefined ? {} : { probes }),
      ...(strangers === undefined ? {} : { strangers }),
      ...faceWeightsSetting(editor),
    },
    onProgress,
  );
  return { ended: job.ended, stop: () => job.stop(), result: job.ended.then(resultOf) };
}

function resultOf(end: LastWord): EvaluationResult | NotEvaluated {
  if (end.type === 'evaluated') return { evaluation: end.evaluation, network: networkWords(end.network) };
  if (end.type === 'failure') return { message: end.message, advice: end.advice };
  return { message: 'The evaluation was stopped.', advice: 'Evaluate again to see what it finds.' };
}
