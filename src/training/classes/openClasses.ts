import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withDiskErrors } from '../../platform/files.js';
import { PeopleFile } from '../../runs/peopleFile.js';
import { widthOf, type Graph } from '../../graph/graph.js';
import { PAGE_PEOPLE, pageBytes, type PeopleLayout } from '../../runs/pageTable.js';
import { runDisk } from '../../runs/runDisk.js';
import { MemoryClasses, type ClassStore } from './classStore.js';
import { FileClasses } from './fileClasses.js';
import { sampledColumns } from './sampledClasses.js';
import { columnLength } from './sampledHead.js';

/** Columns of up to so many bytes, with their moments in float32, stay in memory, and checkpoints hold them whole. */
export const IN_MEMORY_BYTES = 1 << 26;
const FLOATS_OF_A_NUMBER = 3;

/** Where the classes of a run are kept once they are too many for memory. */
export interface ClassPlace {
  /** The folder of the run's checkpoints; a folder that goes with the store where there is no run. */
  readonly checkpoints?: string;
  readonly inMemoryBytes?: number;
}

/** Whether so many columns are too many for memory. */
export function needsFile({ people, length }: PeopleLayout, { inMemoryBytes = IN_MEMORY_BYTES }: ClassPlace): boolean {
  return FLOATS_OF_A_NUMBER * 4 * people * length > inMemoryBytes;
}

/** Bytes of the file with everybody's columns, of a run that has one: a checkpoint takes as many where all of them have changed. */
export function fileBytes(graph: Graph, options: Parameters<typeof sampledColumns>[1], place: ClassPlace): number {
  const people = widthOf(graph, 'scores');
  if (sampledColumns(people, options) === undefined) return 0;
  const layout = { people, length: columnLength(graph), scale: 1 };
  return needsFile(layout, place) ? pageBytes(layout) * Math.ceil(people / PAGE_PEOPLE) : 0;
}

/**
 * A store of so many classes.
 *
 * @param table of the checkpoint that a run goes on from, where its classes are in a file
 * @throws UserError where the disk does not take the file
 */
export function openClasses(layout: PeopleLayout, place: ClassPlace, seed: number, table?: Uint8Array): ClassStore {
  const { checkpoints } = place;
  if (!table && !needsFile(layout, place)) return new MemoryClasses(layout.people, layout.length);
  if (checkpoints === undefined) return ofNobody(layout, seed);
  const file = withDiskErrors(runDisk(path.dirname(checkpoints)), () =>
    table ? PeopleFile.goOn(checkpoints, table) : PeopleFile.create(checkpoints, layout),
  );
  return new FileClasses(file, seed, runDisk(path.dirname(checkpoints)));
}

/** In a folder that goes with it. */
function ofNobody(layout: PeopleLayout, seed: number): ClassStore {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-people-'));
  const file = PeopleFile.create(folder, layout);
  return new FileClasses(file, seed, runDisk(folder), () => {
    file.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
}
