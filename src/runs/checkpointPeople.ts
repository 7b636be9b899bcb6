import { COSINE_HEAD } from '../graph/cosineHead.js';
import { PAGE_PEOPLE, PageTable } from './pageTable.js';
import { visitPages } from './peopleFile.js';
import { PeoplePage } from './peoplePage.js';

/** A head, and the shape of each of its parameters. */
interface ReadHead {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/**
 * The head of a network whose people's columns lie in a file beside its checkpoints.
 *
 * @param withValues all columns as numbers in memory, for whoever uses the network; without them the file is only read through
 * @throws what the file system says; RangeError for a table that is none, or pages that are not what they were
 */
export function readPeople(checkpoint: string, bytes: Uint8Array, withValues: boolean): ReadHead {
  const table = PageTable.decode(bytes);
  const { people, length } = table.layout;
  const shapes = new Map([
    [COSINE_HEAD.kernel, [length, people]],
    [COSINE_HEAD.bias, [people]],
  ]);
  if (!withValues) {
    visitPages(checkpoint, table);
    return { shapes, parameters: new Map() };
  }
  const kernel = new Float32Array(length * people);
  const column = new Float32Array(length);
  visitPages(checkpoint, table, (page, own) => {
    const numbers = new PeoplePage(own, table.layout);
    const first = page * PAGE_PEOPLE;
    for (let person = first; person < Math.min(people, first + PAGE_PEOPLE); person++) {
      numbers.readValues(person - first, column);
      for (let i = 0; i < length; i++) kernel[i * people + person] = column[i]!;
    }
  });
  return {
    shapes,
    parameters: new Map([
      [COSINE_HEAD.kernel, kernel],
      [COSINE_HEAD.bias, new Float32Array(people)],
    ]),
  };
}
