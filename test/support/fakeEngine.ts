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
        evaluate({ labels }, { wants = [] } = {}) {
          const counts = validation(labels.length, n);
          const outputs = {
            ...(wants.includes('embedding') && { embedding: embeddings(labels.length, n) }),
            ...(wants.includes('scores') && { scores: scoresOf(labels, counts.correct) }),
          };
          return Promise.resolve({ ...counts, outputs });
        },
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

/** [pictures, classes]: the first of the pictures are right. */
function scoresOf(labels: Int32Array, correct: number): Float32Array {
  const classes = Math.max(2, 1 + Math.max(...labels));
  const scores = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => (scores[row * classes + (row < correct ? label : (label + 1) % classes)] = 1));
  return scores;
}

/** [pictures, pictures]: embeddings of which each points its own way. */
export function unrelated(pictures: number): Float32Array {
  return Float32Array.from({ length: pictures * pictures }, (_, i) => (i % (pictures + 1) === 0 ? 1 : 0));
}
