import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** How often the system ended a process for want of memory, as one of its files counts it. */
export interface OomCount {
  /** Of this process' control group, or of the whole machine. */
  readonly file: string;
  readonly count: number;
}

export interface MemoryReading {
  /** What can still be had before the machine swaps or one of this process' control groups is at its limit. */
  readonly availableBytes: number;
  /** Of the machine, or of the group that has the least left. */
  readonly totalBytes: number;
}

/** Where a control group's limit, use and kills stand: version 2, then version 1 of the kernel's interface. */
const GROUP_FILES = [
  { limit: 'memory.max', usage: 'memory.current', cache: ['inactive_file', 'active_file'], kills: 'memory.events' },
  {
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    cache: ['total_inactive_file', 'total_active_file'],
    kills: 'memory.oom_control',
  },
] as const;
/** Version 1 writes "no limit" as a number beyond any machine. */
const NO_LIMIT = 2 ** 60;

/** @param root of the file system, which tests replace, as they do the platform */
export function readMemory(root = '/', platform = process.platform): MemoryReading {
  const info = read(root, 'proc/meminfo');
  const bytes = (name: string) => (numberAfter(info, `${name}:`) ?? NaN) * 1024;
  const told = { availableBytes: bytes('MemAvailable'), totalBytes: bytes('MemTotal') };
  const isTold = Number.isFinite(told.availableBytes) && Number.isFinite(told.totalBytes);
  const machine = isTold ? told : unread(platform);
  const all = [machine, ...groupFolders(root).flatMap(readingOf)];
  return all.reduce((least, one) => (one.availableBytes < least.availableBytes ? one : least));
}

/** macOS calls free what nothing has touched yet, which is little on a machine in use: it is believed never to run out. */
function unread(platform: NodeJS.Platform): MemoryReading {
  const totalBytes = os.totalmem();
  return { availableBytes: platform === 'darwin' ? totalBytes : os.freemem(), totalBytes };
}

/** Counts that rise when the system ends a process of this one's group, then of this machine, for want of memory. */
export function oomCounts(root = '/'): OomCount[] {
  // The group that the process was in counts it, whichever group above had the limit.
  const [own] = groupFolders(root);
  const files = [
    ...(own === undefined ? [] : GROUP_FILES.map(({ kills }) => path.join(own, kills))),
    path.join(root, 'proc/vmstat'),
  ];
  return files.flatMap((file) => {
    const count = oomCountOf(file);
    return count === undefined ? [] : [{ file, count }];
  });
}

/** @returns undefined where nobody can say */
export function oomCountOf(file: string): number | undefined {
  return numberAfter(read(path.dirname(file), path.basename(file)), 'oom_kill');
}

/** Pages of files are given back when they are needed, and count as free: in a container they fill whatever there is. */
function readingOf(folder: string): MemoryReading[] {
  return GROUP_FILES.flatMap(({ limit, usage, cache }) => {
    const most = Number.parseInt(read(folder, limit), 10);
    const used = Number.parseInt(read(folder, usage), 10);
    // "max" is no number.
    if (!Number.isFinite(most) || !Number.isFinite(used) || most >= NO_LIMIT) return [];
    const stat = read(folder, 'memory.stat');
    const free = cache.reduce((sum, name) => sum + (numberAfter(stat, name) ?? 0), most - used);
    return [{ availableBytes: Math.min(most, Math.max(0, free)), totalBytes: most }];
  });
}

/** Where the system shows this process' group and those above, the closest first. A container shows its own as the root. */
function groupFolders(root: string): string[] {
  const mount = path.join(root, 'sys/fs/cgroup');
  const folders = read(root, 'proc/self/cgroup')
    .split('\n')
    .flatMap((line) => {
      const [, controllers, at] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      if (at === undefined) return [];
      if (controllers === '') return [...upwards(mount, at), ...upwards(path.join(mount, 'unified'), at)];
      return controllers!.split(',').includes('memory') ? upwards(path.join(mount, 'memory'), at) : [];
    });
  return [...new Set(folders)].filter((folder) =>
    GROUP_FILES.some(({ usage }) => fs.existsSync(path.join(folder, usage))),
  );
}

/** "/a/b": the folders a/b, a and the mount itself. */
function upwards(mount: string, at: string): string[] {
  const names = at.split('/').filter((name) => name !== '' && name !== '..');
  return [...names.keys(), names.length].reverse().map((count) => path.join(mount, ...names.slice(0, count)));
}

function read(folder: string, file: string): string {
  try {
    return fs.readFileSync(path.join(folder, file), 'latin1');
  } catch {
    return '';
  }
}

/** "oom_kill 3", "MemAvailable:   123 kB": the number behind a name at the beginning of a line. */
function numberAfter(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(name) && /^[ \t]/.test(one.slice(name.length)));
  const number = line === undefined ? NaN : Number.parseInt(line.slice(name.length), 10);
  return Number.isFinite(number) ? number : undefined;
}
