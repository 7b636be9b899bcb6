import { setImmediate } from 'node:timers/promises';
import { transpose } from '../../core/transpose.js';
import { ScoreSums, type PeopleLoss } from '../../core/losses/scoreSums.js';
import type { Engine, TrainingSession } from '../../engine/engine.js';
import { COSINE_HEAD, withPeople } from '../../graph/cosineHead.js';
import type { Graph } from '../../graph/graph.js';
import { splitAt } from '../../graph/subgraph.js';
import type { ClassStore } from './classStore.js';

/** Classes and pictures whose scores are computed at once. */
const CLASSES = 2048;
const ROWS = 256;

/**
 * Loss and right answers of pictures among all people, whose columns come out of the store some at a time: it is read once, whatever
 * the number of pictures.
 */
export class ClassTally {
  private readonly head: TrainingSession;
  private readonly classesAtOnce: number;

  /** @param graph a whole network with a cosine head, of any number of people */
  constructor(
    engine: Engine,
    graph: Graph,
    readonly store: ClassStore,
    private readonly loss: PeopleLoss,
    most = CLASSES,
  ) {
    this.classesAtOnce = Math.min(most, store.classes);
    const { above } = splitAt(withPeople(graph, this.classesAtOnce), graph.outputs.embedding);
    this.head = engine.createSession(above, this.columns(new Float32Array(this.classesAtOnce * store.length)));
  }

  /** @param embeddings [N, E], unit rows. @param labels [N] */
  async of(embeddings: Float32Array, labels: Int32Array): Promise<ScoreSums['result']> {
    const { classes, length } = this.store;
    const sums = new ScoreSums(this.loss, labels);
    const rows = new Float32Array(this.classesAtOnce * length);
    // The last ones may come a second time: a session has one size.
    for (let done = 0; done < classes; done += this.classesAtOnce) {
      const from = Math.min(done, classes - this.classesAtOnce);
      this.store.readValues(from, rows);
      this.head.assign(this.columns(rows));
      await this.addScores(sums, embeddings, labels.length, from, done - from);
    }
    return sums.result;
  }

  /** @param again classes at the beginning whose scores are there already */
  private async addScores(sums: ScoreSums, embeddings: Float32Array, count: number, from: number, again: number) {
    const { length } = this.store;
    for (let row = 0; row < count; row += ROWS) {
      const images = embeddings.slice(row * length, Math.min(count, row + ROWS) * length);
      const labels = new Int32Array(images.length / length);
      const { outputs } = await this.head.evaluate({ images, labels }, { wants: ['scores'] });
      sums.add(outputs.scores!, { from, classes: this.classesAtOnce, again, row });
      await setImmediate(); // a stop can arrive
    }
  }

  dispose(): void {
    this.head.dispose();
  }

  private columns(rows: Float32Array): Map<string, Float32Array> {
    return new Map([
      [COSINE_HEAD.kernel, transpose(rows, this.classesAtOnce)],
      [COSINE_HEAD.bias, new Float32Array(this.classesAtOnce)],
    ]);
  }
}
