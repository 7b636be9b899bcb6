import type { BatchResult, Columns, TrainingSession } from '../engine/engine.js';
import { COSINE_HEAD } from '../graph/cosineHead.js';
import { emptyColumns } from './classes/classStore.js';
import { fitRows } from './classes/columns.js';
import { followColumns } from './followColumns.js';

/**
 * The columns of a cosine head that trains: after each update they are brought to their length, or where the loss reads no scores to
 * what their people's pictures give. They alone are read and written, and nothing else of the network.
 */
export class HeadColumns {
  private held: { readonly columns: Columns; readonly length: number } | undefined;

  constructor(
    private readonly session: Pick<TrainingSession, 'readState' | 'readColumns' | 'writeColumns'>,
    private readonly logitScale: number,
    private readonly follows: boolean,
  ) {}

  /** @param result of the update. @param labels of its batch */
  async settle({ outputs }: BatchResult, labels: Int32Array): Promise<void> {
    const { columns, length } = (this.held ??= await this.room());
    await this.session.readColumns(COSINE_HEAD.kernel, columns);
    const { values } = columns;
    if (this.follows) values.set(followColumns(values, length, outputs.embedding!, labels, this.logitScale));
    else fitRows(values, length, this.logitScale);
    this.session.writeColumns(COSINE_HEAD.kernel, columns);
  }

  private async room(): Promise<{ columns: Columns; length: number }> {
    const { parameters } = await this.session.readState();
    const people = parameters.get(COSINE_HEAD.bias)!.length;
    const length = parameters.get(COSINE_HEAD.kernel)!.length / people;
    return { columns: emptyColumns(people, length), length };
  }
}
