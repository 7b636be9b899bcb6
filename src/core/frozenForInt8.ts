import { UserError } from './userError.js';

/** The refusal of a training whose quantization would have nothing to train. */
export function frozenForInt8(): UserError {
  return new UserError(
    'invalid-options',
    'A network that stays frozen cannot be trained for int8.',
    'Train it without quantization, then fine-tune its checkpoint: that trains every layer.',
  );
}
