import type { AnswerWords } from '../../core/answerWords.js';
import { scoreDetail, scoreTitle } from '../../core/scoreWords.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { Prediction } from '../../protocol/prediction.js';
import type { Jobs, RunningJob } from '../job.js';

/** What a network was asked: its answers, what went wrong in words, or nothing where it was stopped. */
export type Predicted = { readonly predictions: readonly Prediction[]; readonly failure?: string };

/**
 * The scores of a network alone, which always name somebody. Each question is a process of its own, which loads the network and the
 * face detector anew (0.6 s, and every core while it does): one is asked after the other.
 */
export class Scores {
  /** A line about the network; empty until it has answered once. */
  facts = '';
  private running: RunningJob | undefined;

  constructor(
    private readonly jobs: Pick<Jobs, 'start'>,
    private readonly model: string,
    private readonly named: { readonly faceWeights?: string },
  ) {}

  /** @param files absolute */
  async of(files: readonly string[]): Promise<Predicted> {
    this.running = this.jobs.start({
      type: 'predict',
      protocol: PROTOCOL_VERSION,
      model: this.model,
      files: [...files],
      ...this.named,
      faces: 'auto',
      seen: true,
    });
    const end = await this.running.ended;
    this.running = undefined;
    if (end.type === 'failure') return { predictions: [], failure: `${end.message} ${end.advice}` };
    if (end.type !== 'predicted') return { predictions: [] };
    this.facts = `${end.network}, computed by ${end.runtime}`;
    return { predictions: end.predictions };
  }

  stop(): void {
    this.running?.stop();
  }
}

export function scoreWords(prediction: Prediction): AnswerWords {
  if ('error' in prediction) return { title: `The picture ${prediction.error}`, detail: '' };
  return { title: scoreTitle(prediction), detail: scoreDetail(prediction) };
}
