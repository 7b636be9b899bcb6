import { Random } from '../core/random.js';
import { normalizeRows } from '../core/cosine.js';
import { thresholdFor } from '../evaluation/threshold.js';
import type { Batch, Engine, StepSettings, TrainingSession } from '../engine/engine.js';
import { COSINE_HEAD, imprintedHead, prototypesOf, withPeople } from '../graph/cosineHead.js';
import type { Graph } from '../graph/graph.js';
import type { SessionState } from '../graph/networkState.js';
import { splitAt } from '../graph/subgraph.js';
import type { EventOf } from '../protocol/runEvents.js';
import { cosineOptions, FittedSession, type CosineSettings } from './cosineHeadSession.js';

/** What an epoch says of strangers. */
export type Strangers = NonNullable<EventOf<'epoch'>['strangers']>;

/** What a loop asks of the strangers of a stage. */
export interface StageStrangers {
  /** Beside the step of the run's own network. */
  trainStep(batch: Batch, settings: StepSettings): Promise<void>;
  measure(): Promise<Strangers>;
  /** Of each head beside it. */
  readState(): Promise<SessionState[]>;
  dispose(): void;
}

/** Embeddings of pictures, [N, E] unit rows, with the person of each. */
export interface Embedded {
  readonly rows: Float32Array;
  readonly people: Int32Array;
}

/** What strangers are measured on: the same pictures as they are, and damaged as training never saw them. */
export interface Probes {
  readonly clean: Embedded;
  readonly damaged: Embedded;
}

/** Groups of people who are left out in turn. */
const FOLDS = 5;
/** Of the strangers, the share that the threshold may name. */
const NAMED_SHARE = 0.01;

/** A head of everybody but some. */
interface Fold {
  readonly session: TrainingSession;
  /** Class in the fold of each class of the run; −1: left out. */
  readonly labelOf: Int32Array;
  /** Class of the run, by the fold's. */
  readonly people: readonly number[];
}

/**
 * Strangers of a run on a frozen embedding. A head that has trained on somebody has learned to turn him away, and would call itself
 * safe; so heads beside it train on the same batches, each without a fifth of the people, and those left out are its strangers.
 * Everybody is a stranger to one head and known to the others.
 */
export class StrangerWatch {
  private readonly folds: readonly Fold[];
  private readonly length: number;

  /**
   * @param graph the whole network, with a cosine head
   * @param embeddings of each class, the training pictures that its vector is imprinted from
   */
  constructor(
    engine: Engine,
    graph: Graph,
    private readonly embeddings: readonly (readonly Float32Array[])[],
    private readonly settings: CosineSettings & { readonly seed: number; readonly rateFactor: number },
    /** Of each head, where a run goes on. */
    from: readonly SessionState[] = [],
  ) {
    const people = embeddings.length;
    this.length = embeddings[0]?.[0]?.length ?? 0;
    const order = Random.forPurpose(settings.seed, 'strangers').shuffle(Array.from({ length: people }, (_, i) => i));
    const count = Math.min(FOLDS, people);
    const { above } = splitAt(graph, graph.outputs.embedding);
    this.folds = Array.from({ length: count }, (_, fold) => {
      const left = new Set(order.filter((__, place) => place % count === fold));
      return this.foldWithout(engine, above, left, from[fold]);
    });
  }

  private foldWithout(engine: Engine, head: Graph, left: ReadonlySet<number>, from: SessionState | undefined): Fold {
    const people = this.embeddings.map((_, person) => person).filter((person) => !left.has(person));
    const labelOf = new Int32Array(this.embeddings.length).fill(-1);
    people.forEach((person, label) => (labelOf[person] = label));
    const imprinted = () =>
      imprintedHead(
        people.map((person) => this.embeddings[person]!),
        this.settings.logitScale,
      );
    const start = from?.parameters ?? imprinted();
    const options = { ...cosineOptions(this.settings, this.settings.rateFactor), ...(from && { resume: from }) };
    const session = engine.createSession(withPeople(head, people.length), start, options);
    return { session: new FittedSession(session, this.settings.logitScale), labelOf, people };
  }

  /** The step that the run's own head takes, for every head. @param batch features [N, E] */
  async trainStep({ images, labels }: Batch, settings: StepSettings): Promise<void> {
    for (const { session, labelOf } of this.folds) {
      const rows = Array.from(labels, (_, row) => row).filter((row) => labelOf[labels[row]!]! >= 0);
      if (rows.length === 0) continue;
      const known = new Float32Array(rows.length * this.length);
      rows.forEach((row, i) => known.set(images.subarray(row * this.length, (row + 1) * this.length), i * this.length));
      await session.trainStep(
        { images: known, labels: Int32Array.from(rows, (row) => labelOf[labels[row]!]!) },
        settings,
      );
    }
  }

  /** How the heads do on pictures, all of them together. */
  async measure(probes: Probes): Promise<Strangers> {
    const clean: Similarities = { own: [], strangers: new Map() };
    const damaged: Similarities = { own: [], strangers: new Map() };
    for (const fold of this.folds) {
      const { parameters } = await fold.session.readState();
      const prototypes = prototypesOf(parameters.get(COSINE_HEAD.kernel)!, fold.people.length);
      compare(probes.clean, fold, prototypes, clean);
      compare(probes.damaged, fold, prototypes, damaged);
    }
    return strangersOf(clean, damaged);
  }

  readState(): Promise<SessionState[]> {
    return Promise.all(this.folds.map(({ session }) => session.readState()));
  }

  dispose(): void {
    for (const { session } of this.folds) session.dispose();
  }
}

/** What pictures came to. */
export interface Similarities {
  /** Of each picture of a known person: to the most alike; −Infinity where that is somebody else. */
  readonly own: number[];
  /** Of each stranger: of his pictures the highest similarity to anybody. */
  readonly strangers: Map<number, number>;
}

function compare({ rows, people }: Embedded, fold: Fold, prototypes: Float32Array, into: Similarities): void {
  const length = rows.length / Math.max(1, people.length);
  people.forEach((person, picture) => {
    let best = 0;
    let most = -Infinity;
    for (let other = 0; other < fold.people.length; other++) {
      let similarity = 0;
      for (let i = 0; i < length; i++) similarity += rows[picture * length + i]! * prototypes[other * length + i]!;
      if (similarity > most) [best, most] = [other, similarity];
    }
    const own = fold.labelOf[person]!;
    if (own < 0) into.strangers.set(person, Math.max(most, into.strangers.get(person) ?? -Infinity));
    else into.own.push(best === own ? most : -Infinity);
  });
}

/** The threshold is the lowest at which clean pictures name one stranger in a hundred or less, rounded down; all else is told at it. */
export function strangersOf(clean: Similarities, damaged: Similarities): Strangers {
  const highest = [...clean.strangers.values()].sort((a, b) => b - a);
  const threshold = thresholdFor(highest, Math.floor(NAMED_SHARE * highest.length));
  const named = ({ strangers }: Similarities) => [...strangers.values()].filter((s) => s >= threshold).length;
  const missed = ({ own }: Similarities) => own.filter((s) => s < threshold).length / Math.max(1, own.length);
  return {
    ...{ people: highest.length, named: named(clean), threshold, missed: missed(clean) },
    ...{ damagedNamed: named(damaged), damagedMissed: missed(damaged) },
  };
}

/** Rows of features as unit vectors of one person each. */
export function byPerson({ images, labels }: Batch, people: number): Float32Array[][] {
  const result: Float32Array[][] = Array.from({ length: people }, () => []);
  const length = images.length / Math.max(1, labels.length);
  labels.forEach((person, row) =>
    result[person]!.push(normalizeRows(Float32Array.from(images.subarray(row * length, (row + 1) * length)), length)),
  );
  return result;
}
