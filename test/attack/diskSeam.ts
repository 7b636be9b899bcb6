import fs from 'node:fs';
import path from 'node:path';

// The one place through which every write below a folder goes while it is watched: what a disk is asked for can be counted,
// written down and refused.

/** What a disk is asked for. Paths are relative to the folder that is watched, and have forward slashes. */
export type DiskOperation =
  /** A file is opened to be written to: made if it is not there, emptied unless it is appended to. */
  | { readonly call: 'open'; readonly at: string; readonly append: boolean }
  | { readonly call: 'write'; readonly at: string; readonly bytes: Buffer }
  /** Of a file or a folder. */
  | { readonly call: 'fsync'; readonly at: string }
  | { readonly call: 'rename'; readonly at: string; readonly to: string }
  | { readonly call: 'mkdir'; readonly at: string }
  | { readonly call: 'unlink'; readonly at: string }
  | { readonly call: 'rmdir'; readonly at: string };

export interface DiskWatcher {
  /** Before it is done. @returns how many bytes of a write the disk takes; all when undefined @throws what the disk says */
  readonly before?: (operation: DiskOperation) => number | undefined;
  readonly after?: (operation: DiskOperation) => void;
}

const REPLACED = [
  ...['openSync', 'closeSync', 'writeSync', 'writeFileSync', 'appendFileSync', 'fsyncSync', 'renameSync'],
  ...['mkdirSync', 'unlinkSync', 'rmSync', 'rmdirSync'],
] as const;

/** Lets `work` be done while everything that it writes below a folder is watched. */
export async function watchingDisk<T>(root: string, watcher: DiskWatcher, work: () => Promise<T>): Promise<T> {
  const own = { ...fs };
  Object.assign(fs, new Seam(root, watcher, own).replacements());
  try {
    return await work();
  } finally {
    Object.assign(fs, Object.fromEntries(REPLACED.map((name) => [name, own[name]])));
  }
}

type Flags = Parameters<typeof fs.openSync>[1];

class Seam {
  /** What is open of the folder, by its number. */
  private readonly open = new Map<number, string>();

  constructor(
    private readonly root: string,
    private readonly watcher: DiskWatcher,
    private readonly fs: typeof import('node:fs'),
  ) {}

  replacements(): Partial<typeof fs> {
    return {
      openSync: (file, flags, mode) => this.openFile(String(file), flags, mode),
      closeSync: (handle) => {
        this.open.delete(handle);
        this.fs.closeSync(handle);
      },
      writeSync: ((handle: number, bytes: Uint8Array, offset?: number | null) =>
        this.write(handle, bytes, offset ?? 0)) as typeof fs.writeSync,
      writeFileSync: (file, data, options) => this.writeFile(file, data, options),
      appendFileSync: (file, data) => this.writeFile(file, data, { flag: 'a' }),
      fsyncSync: (handle) => this.onHandle(handle, 'fsync', () => this.fs.fsyncSync(handle)),
      renameSync: (from, to) => {
        const [at, target] = [this.inside(from), this.inside(to)];
        const work = () => this.fs.renameSync(from, to);
        if (at === undefined || target === undefined) work();
        else this.does({ call: 'rename', at, to: target }, work);
      },
      mkdirSync: ((folder: string, options: fs.MakeDirectoryOptions) =>
        this.onPath(folder, 'mkdir', () => this.fs.mkdirSync(folder, options))) as typeof fs.mkdirSync,
      unlinkSync: (file) => this.onPath(file, 'unlink', () => this.fs.unlinkSync(file)),
      rmdirSync: (folder) => this.onPath(folder, 'rmdir', () => this.fs.rmdirSync(folder)),
      rmSync: (file, options) => this.remove(String(file), options),
    };
  }

  private inside(file: fs.PathLike): string | undefined {
    const relative = path.relative(this.root, String(file));
    return relative.startsWith('..') || path.isAbsolute(relative) ? undefined : relative.split(path.sep).join('/');
  }

  private does<T>(operation: DiskOperation, work: (taken: number | undefined) => T): T {
    const result = work(this.watcher.before?.(operation));
    this.watcher.after?.(operation);
    return result;
  }

  private onPath<T>(file: fs.PathLike, call: 'mkdir' | 'unlink' | 'rmdir', work: () => T): T {
    const at = this.inside(file);
    return at === undefined ? work() : this.does({ call, at }, work);
  }

  private onHandle(handle: number, call: 'fsync', work: () => void): void {
    const at = this.open.get(handle);
    if (at === undefined) work();
    else this.does({ call, at }, work);
  }

  private openFile(file: string, flags: Flags, mode: fs.Mode | null | undefined): number {
    const at = this.inside(file);
    const reads = flags === 'r' || (typeof flags === 'number' && (flags & 3) === fs.constants.O_RDONLY);
    const work = () => this.fs.openSync(file, flags, mode);
    const append = String(flags).startsWith('a');
    const handle = at === undefined || reads ? work() : this.does({ call: 'open', at, append }, work);
    if (at !== undefined) this.open.set(handle, at);
    return handle;
  }

  private write(handle: number, data: Uint8Array, offset: number): number {
    const at = this.open.get(handle);
    const all = Buffer.from(data.subarray(offset));
    if (at === undefined) return this.fs.writeSync(handle, all);
    const taken = this.watcher.before?.({ call: 'write', at, bytes: all });
    const bytes = all.subarray(0, taken);
    const count = this.fs.writeSync(handle, bytes);
    this.watcher.after?.({ call: 'write', at, bytes });
    return count;
  }

  /** As Node does it: a part at a time until all is written. */
  private writeFile(
    file: fs.PathOrFileDescriptor,
    data: string | NodeJS.ArrayBufferView,
    options: fs.WriteFileOptions = null,
  ): void {
    const bytes =
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const settings = typeof options === 'object' ? options : null;
    const handle = typeof file === 'number' ? file : this.openFile(String(file), settings?.flag ?? 'w', settings?.mode);
    try {
      for (let done = 0; done < bytes.length;) done += this.write(handle, bytes, done);
    } finally {
      if (typeof file !== 'number') this.replacementClose(handle);
    }
  }

  private replacementClose(handle: number): void {
    this.open.delete(handle);
    this.fs.closeSync(handle);
  }

  /** File by file, as a system does it. */
  private remove(file: string, options: fs.RmOptions | undefined): void {
    if (this.inside(file) === undefined) {
      this.fs.rmSync(file, options);
      return;
    }
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    if (!stat && options?.force) return;
    if (!stat?.isDirectory()) {
      this.onPath(file, 'unlink', () => this.fs.unlinkSync(file));
      return;
    }
    for (const name of fs.readdirSync(file)) this.remove(path.join(file, name), options);
    this.onPath(file, 'rmdir', () => this.fs.rmdirSync(file));
  }
}
