import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RunModel } from '../../src/client/runModel.js';
import type { Random } from '../../src/core/random.js';
import { UserError } from '../../src/core/userError.js';
import { resumePoint } from '../../src/runs/resumePoint.js';
import { readSummary } from '../../src/runs/runSummary.js';
import { runHere, type SmallDisk } from './diskRuns.js';
import { watchingDisk, type DiskOperation } from './diskSeam.js';

// Power cut by simulation: what a run asked a disk for is written down, and after any part of it a disk is made as the cut may
// have left it.

/** What a disk promises of what no fsync has asked for. */
export const DISKS = {
  /**
   * ext4 with data=ordered, and its like: what is in folders changes in the order in which it was asked for, up to a point behind the
   * last fsync of anything; a file that grew may hold less.
   */
  ordered: 'ordered',
  /** No more than POSIX: any of the changes of a folder that was not synced since may be missing; a file may be empty, cut or zeros. */
  strict: 'strict',
} as const;
export type Disk = keyof typeof DISKS;

/** What was told when so many operations were done. */
interface Told {
  readonly behind: number;
  /** Updates of the newest checkpoint. */
  readonly step: number;
  readonly finished: boolean;
}

export interface Recorded {
  readonly operations: readonly DiskOperation[];
  readonly told: readonly Told[];
}

/** The folder of the run, within what is recorded. */
const RUN = 'run';

/** A run that is stopped on the way and goes on: every operation below `root`. */
export async function recordRun(how: SmallDisk, root: string): Promise<Recorded> {
  const operations: DiskOperation[] = [];
  const told: Told[] = [];
  const run = path.join(root, RUN);
  fs.mkdirSync(root);
  const note = (step: number, finished: boolean) => told.push({ behind: operations.length, step, finished });
  await watchingDisk(root, { after: (operation) => void operations.push(operation) }, async () => {
    for (const stopAt of [4, undefined]) {
      const { ok } = await runHere(how, run, stopAt === undefined, {
        ...(stopAt !== undefined && { stopAt }),
        onMessage: (message) => {
          if (message.type === 'resumed') told.push({ behind: operations.length, step: message.step, finished: false });
          if (message.type === 'checkpoint') note(message.step, false);
          if (message.type === 'finished') note(told.at(-1)?.step ?? 0, message.reason === 'completed');
        },
      });
      assert.ok(ok);
    }
  });
  return { operations, told };
}

interface Folder {
  readonly entries: Map<string, Node>;
  /** As the last fsync left them, and each change since. */
  synced: ReadonlyMap<string, Node>;
  changes: { readonly behind: number; readonly change: (entries: Map<string, Node>) => void }[];
}
interface File {
  contents: Buffer;
  synced: Buffer;
}
type Node = { readonly folder: Folder } | { readonly file: File };

const emptyFolder = (): Folder => ({ entries: new Map(), synced: new Map(), changes: [] });

/** A disk that remembers what it has promised. */
class RememberingDisk {
  private readonly root = emptyFolder();
  private done = 0;
  private lastSync = 0;

  apply(operation: DiskOperation): void {
    this.done++;
    switch (operation.call) {
      case 'open': {
        this.openFile(operation.at, operation.append);
        return;
      }
      case 'write': {
        const file = this.fileAt(operation.at);
        file.contents = Buffer.concat([file.contents, operation.bytes]);
        return;
      }
      case 'fsync': {
        this.sync(operation.at);
        return;
      }
      case 'mkdir': {
        this.put(operation.at, { folder: emptyFolder() });
        return;
      }
      case 'rename': {
        this.rename(operation.at, operation.to);
        return;
      }
      case 'unlink':
      case 'rmdir': {
        this.change(operation.at, (entries, name) => void entries.delete(name));
        return;
      }
    }
  }

  /** Makes a folder as a cut at this moment may leave it. */
  cut(into: string, disk: Disk, random: Random): void {
    const until = this.lastSync + random.integer(this.done - this.lastSync + 1);
    const applies = (behind: number) => (disk === 'ordered' ? behind <= until : random.integer(2) === 0);
    const make = (at: string, folder: Folder) => {
      const entries = new Map(folder.synced);
      for (const { behind, change } of folder.changes)
        if ((disk === 'ordered' && behind <= this.lastSync) || applies(behind)) change(entries);
      for (const [name, node] of entries) {
        const below = path.join(at, name);
        if ('file' in node) fs.writeFileSync(below, leftOf(node.file, disk, random));
        else {
          fs.mkdirSync(below);
          make(below, node.folder);
        }
      }
    };
    make(into, this.root);
  }

  private nodeAt(at: string): Node {
    let node: Node = { folder: this.root };
    for (const name of at === '' ? [] : at.split('/')) {
      const next: Node | undefined = 'folder' in node ? node.folder.entries.get(name) : undefined;
      assert.ok(next, `${at} is not there`);
      node = next;
    }
    return node;
  }

  private fileAt(at: string): File {
    const node = this.nodeAt(at);
    assert.ok('file' in node, at);
    return node.file;
  }

  private change(at: string, change: (entries: Map<string, Node>, name: string) => void): void {
    const parent = this.nodeAt(path.posix.dirname(at) === '.' ? '' : path.posix.dirname(at));
    assert.ok('folder' in parent);
    const done = (entries: Map<string, Node>) => change(entries, path.posix.basename(at));
    done(parent.folder.entries);
    parent.folder.changes.push({ behind: this.done, change: done });
  }

  private put(at: string, node: Node): void {
    this.change(at, (entries, name) => void entries.set(name, node));
  }

  private openFile(at: string, append: boolean): void {
    const parent = this.nodeAt(path.posix.dirname(at) === '.' ? '' : path.posix.dirname(at));
    const isThere = 'folder' in parent && parent.folder.entries.has(path.posix.basename(at));
    if (!isThere) this.put(at, { file: { contents: Buffer.alloc(0), synced: Buffer.alloc(0) } });
    else if (!append) this.fileAt(at).contents = Buffer.alloc(0);
  }

  /** Within one folder, all at once or not at all. */
  private rename(from: string, to: string): void {
    assert.equal(path.posix.dirname(from), path.posix.dirname(to));
    const node = this.nodeAt(from);
    const old = path.posix.basename(from);
    this.change(to, (entries, name) => {
      if (entries.get(old) === node) entries.delete(old);
      entries.set(name, node);
    });
  }

  private sync(at: string): void {
    const node = this.nodeAt(at);
    this.lastSync = this.done;
    if ('file' in node) node.file.synced = node.file.contents;
    else {
      node.folder.synced = new Map(node.folder.entries);
      node.folder.changes = [];
    }
  }
}

/** What is left of a file: at least what an fsync has asked for. */
function leftOf({ contents, synced }: File, disk: Disk, random: Random): Buffer {
  if (contents.equals(synced)) return contents;
  const growing = contents.length >= synced.length && contents.subarray(0, synced.length).equals(synced);
  const kept = growing ? synced.length : 0;
  const cut = kept + random.integer(contents.length - kept + 1);
  switch (random.integer(disk === 'strict' ? 4 : 3)) {
    case 0:
      return growing ? synced : Buffer.alloc(0);
    case 1:
      return contents;
    case 2:
      return contents.subarray(0, cut);
    default:
      return Buffer.concat([contents.subarray(0, cut), Buffer.alloc(contents.length - cut)]);
  }
}

/** What the cuts came to. */
export interface Cuts {
  readonly cuts: number;
  /** Before any checkpoint had been told. */
  readonly early: number;
  /** That left a newer checkpoint than the newest that had been told. */
  readonly newer: number;
}

/**
 * Cuts the power behind every operation, so many times each.
 *
 * @throws AssertionError where the newest checkpoint that was told does not load, or the run cannot be opened
 */
export function cutEverywhere(
  { operations, told }: Recorded,
  disk: Disk,
  into: string,
  times: number,
  random: Random,
): Cuts {
  const remembering = new RememberingDisk();
  let [cuts, early, newer] = [0, 0, 0];
  for (const [i, operation] of operations.entries()) {
    remembering.apply(operation);
    const newest = told.findLast(({ behind }) => behind <= i + 1);
    for (let time = 0; time < times; time++) {
      const where = `${disk}, cut ${time} behind ${i + 1} of ${operations.length}: ${operation.call} ${operation.at}`;
      const step = cutOnce(remembering, into, { disk, random, newest, where });
      if (!newest) early++;
      else if (step !== undefined && step > newest.step) newer++;
      cuts++;
    }
  }
  return { cuts, early, newer };
}

interface Cut {
  readonly disk: Disk;
  readonly random: Random;
  readonly newest: Told | undefined;
  readonly where: string;
}

function cutOnce(remembering: RememberingDisk, into: string, { disk, random, newest, where }: Cut): number | undefined {
  fs.mkdirSync(into);
  try {
    remembering.cut(into, disk, random);
    return requireSound(path.join(into, RUN), newest, where);
  } finally {
    fs.rmSync(into, { recursive: true });
  }
}

function requireSound(run: string, newest: Told | undefined, where: string): number | undefined {
  const model = new RunModel(run);
  readSummary(run);
  if (newest?.finished) assert.equal(model.state.finished?.reason, 'completed', where);
  try {
    const { step } = resumePoint(run).event;
    assert.ok(step >= (newest?.step ?? 0), `${where}: goes on from ${step}, was told ${newest?.step}`);
    return step;
  } catch (error) {
    if (!(error instanceof UserError) || newest) throw new Error(`${where}: ${String(error)}`, { cause: error });
    return undefined;
  }
}
