const FIELDS = {
  run: 'run',
  dataset: 'dataset',
  engine: 'engine',
  stage: 'stages',
  step: 'steps',
  epoch: 'epochs',
  checkpoint: 'checkpoints',
  mark: 'marks',
  calibrated: 'calibrated',
  quantizers: 'quantizers',
  sensitivity: 'sensitivity',
  warning: 'warnings',
  resumed: 'resumptions',
  failure: 'failure',
  finished: 'finished',
} as const;
export type EventFields = typeof FIELDS;

/**
 * The field of the state of a run that an event goes to, by its type: what `runState` says (runEvents.ts), apart from the schemas, which
 * the pages do without.
 */
export const FIELD_OF: ReadonlyMap<string, EventFields[keyof EventFields]> = new Map(Object.entries(FIELDS));
