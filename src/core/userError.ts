/** What went wrong, as a stable name for programs; the sentence for people stands beside it. */
export type UserErrorCode =
  | 'dataset-missing'
  | 'dataset-no-people'
  | 'dataset-one-person'
  | 'dataset-nothing-usable'
  | 'dataset-nothing-to-validate'
  | 'dataset-vanished'
  | 'dataset-labels'
  | 'exclusion-list'
  | 'pairs-list'
  | 'weights-unreadable'
  | 'weights-mismatch'
  | 'weights-absent'
  | 'weights-none'
  | 'teacher-changed'
  | 'download-failed'
  | 'align-folder'
  | 'detector-missing'
  | 'engine-unavailable'
  | 'not-finite'
  | 'run-folder-unwritable'
  | 'output-unwritable'
  | 'disk-full'
  | 'out-of-memory'
  | 'network-too-wide'
  | 'checkpoint-damaged'
  | 'checkpoint-version'
  | 'checkpoint-parentless'
  | 'already-quantized'
  | 'dataset-changed'
  | 'dataset-people-changed'
  | 'quantize-layer'
  | 'not-integer'
  | 'not-quantized'
  | 'people-left-out'
  | 'not-quantizable'
  | 'not-this-network'
  | 'not-this-precision'
  | 'onnx-runtime-missing'
  | 'model-unreadable'
  | 'model-embedding'
  | 'model-scores'
  | 'no-pictures'
  | 'personal-busy'
  | 'person-unknown'
  | 'recognizer-missing'
  | 'recognizer-damaged'
  | 'recognizer-version'
  | 'recognizer-busy'
  | 'recognizer-person'
  | 'recognizer-network'
  | 'recognizer-empty'
  | 'queue-busy'
  | 'queue-full'
  | 'port-taken'
  | 'queue-absent'
  | 'run-busy'
  | 'run-complete'
  | 'run-not-running'
  | 'run-unreadable'
  | 'run-waiting'
  | 'run-without-checkpoint'
  | 'restricted'
  | 'invalid-options'
  | 'protocol'
  | 'token-unusable'
  | 'trainer-crashed'
  | 'trainer-killed'
  | 'trainer-silent'
  | 'trainer-not-started'
  | 'trainer-vanished'
  | 'machine-restarted'
  | 'library-missing'
  | 'memory-low'
  | 'internal';

/**
 * A failure that the outside world caused and its user can mend. `message` is one sentence saying what is wrong,
 * `advice` one saying what to do; neither holds a stack trace.
 */
export class UserError extends Error {
  constructor(
    readonly code: UserErrorCode,
    message: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'UserError';
  }
}
