import type { BatchResult, Engine, TrainingSession } from '../../src/engine/engine.js';

export type Counts = Omit<BatchResult, 'outputs'>;
/** What a batch of so many pictures gives after so many steps. */
export type Validation = (pictures: number, step: number) => Counts;
export const halfRight: Validation = (pictures) => ({ lossSum: 0.7 * pictures, correct: Math.ceil(pictures / 2) });

/** An engine that does what a test says instead of computing. */
export function fakeEngine(
  step: (n: number) => Counts,
  validation: Validation,
  embeddings: (pictures: number, step: number) => Float32Array = unrelated,
): Engine {
  return {
    name: 'javascript',
    detail: 'a fake',
    arithmetic: 'fake',
    memoryBytes: () => 0,
    createSession(graph, parameters): TrainingSession {
      let n = 0;
      return {
        trainStep: (batch) => Promise.resolve(batch).then(() => ({ ...step(++n), outputs: {} })),
        evaluate: ({ labels: { length } }, { wants = [] } = {}) =>
          Promise.resolve({
            ...validation(length, n),
            outputs: wants.includes('embedding') ? { embedding: embeddings(length, n) } : {},
          }),
        observe: () => Promise.resolve([]),
        averageInto: () => Promise.resolve(),
        readColumns: () => Promise.resolve(),
        writeColumns: () => undefined,
        assign: () => undefined,
        readState: () => Promise.resolve({ step: n, parameters, moments: new Map() }),
        dispose: () => undefined,
      };
    },
  };
}

/** [pictures, pictures]: embeddings of which each points its own way. */
export function unrelated(pictures: number): Float32Array {
  return Float32Array.from({ length: pictures * pictures }, (_, i) => (i % (pictures + 1) === 0 ? 1 : 0));
}
