import { UserError } from './userError.js';

/** The refusal of int8 for a network with operations that integers do not compute. @param network its name */
export function notQuantizable(network: string): UserError {
  return new UserError(
    'not-quantizable',
    `${network} cannot be quantized yet: it has operations that are only computed in float.`,
    'Export it as float32, or train a MobileNetV2 (recipe default, fast or original), which can be quantized.',
  );
}
