import { UserError } from '../../core/userError.js';
import { parseFacts, type ModelFacts } from '../../export/modelFacts.js';

/** A network that answers for pictures: a checkpoint, or a file that was exported. */
export interface OpenedModel {
  readonly facts: ModelFacts;
  /** What computes, in words. */
  readonly runtime: string;
  readonly precision: 'float32' | 'int8';
  /**
   * @param pixels [N, H, W, 3], RGB bytes
   * @returns [N, C], what `facts.output` says
   */
  run(pixels: Uint8Array): Promise<Float32Array>;
  /**
   * The vector before the last layer, of a network that has it at hand.
   *
   * @returns [N, E], of any length
   */
  embed?(pixels: Uint8Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** ResNet-50 with a million people takes 8 GB, and no runtime here. */
export const MOST_MODEL_BYTES = 1 << 30;

/** @throws RangeError where a network does not take and give what its facts say */
export function requireFit({ input, output, labels }: ModelFacts, shape: readonly number[], answers: number): void {
  const wanted = [input.height, input.width, 3];
  if (shape.join() !== wanted.join())
    throw new RangeError(`its network takes [${shape.join()}], not [${wanted.join()}]`);
  if (output !== 'embedding' && answers !== labels.length)
    throw new RangeError(`its network gives scores of ${answers} people, not of ${labels.length}`);
}

/** What a file with one output answers: with an embedding, where that is its output. */
export function answers({ output }: ModelFacts, run: OpenedModel['run']): Pick<OpenedModel, 'run' | 'embed'> {
  return output === 'embedding' ? { run, embed: run } : { run };
}

/** @throws RangeError where a file does not have them */
export function requiredFacts(json: string | undefined): ModelFacts {
  const facts = parseFacts(json);
  if (!facts)
    throw new RangeError('Face Trainer did not write it: it does not say which person each output stands for');
  return facts;
}

/** @throws UserError `model-embedding` */
export function requireLabels({ output }: ModelFacts): void {
  if (output === 'embedding')
    throw new UserError(
      'model-embedding',
      'This model turns faces into vectors; it does not name people.',
      'Use a file with the whole classifier, or compare its vectors by cosine similarity in your own program.',
    );
}
