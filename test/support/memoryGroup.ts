import fs from 'node:fs';
import path from 'node:path';

/** A control group of the kernel below this process' own, with a limit of memory. */
export interface MemoryGroup {
  /** Its folder. */
  readonly folder: string;
  readonly limitBytes: number;
  /** Runs a program in it: what `execPath` may be. */
  readonly runtime: string;
  /** Once nothing runs in it any more. */
  remove(): void;
}

/**
 * @param place for a program that enters the group
 * @returns undefined where this machine lets nobody make one
 */
export function makeMemoryGroup(limitBytes: number, place: string): MemoryGroup | undefined {
  const lines = fs.existsSync('/proc/self/cgroup') ? fs.readFileSync('/proc/self/cgroup', 'utf8').split('\n') : [];
  const own = (is: (controllers: string) => boolean) =>
    lines.map((line) => /^\d+:([^:]*):(.*)$/.exec(line)).find((match) => match && is(match[1]!))?.[2];
  const name = `face-trainer-test-${process.pid}-${Date.now()}`;
  const [first, second] = [own((all) => all.split(',').includes('memory')), own((all) => all === '')];
  const tries = [
    ...(first === undefined ? [] : [{ parent: `/sys/fs/cgroup/memory${first}`, limit: 'memory.limit_in_bytes' }]),
    ...(second === undefined ? [] : [{ parent: `/sys/fs/cgroup${second}`, limit: 'memory.max' }]),
  ];
  for (const { parent, limit } of tries) {
    const folder = path.join(parent, name);
    try {
      fs.mkdirSync(folder);
      if (!fs.existsSync(path.join(folder, limit))) throw new Error('no memory here');
      fs.writeFileSync(path.join(folder, limit), String(limitBytes));
      const runtime = path.join(place, 'node-in-group');
      const enter = `echo $$ > ${path.join(folder, 'cgroup.procs')}`;
      fs.writeFileSync(runtime, `#!/bin/sh\n${enter}\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
      return { folder, limitBytes, runtime, remove: () => fs.rmdirSync(folder) };
    } catch {
      if (fs.existsSync(folder)) fs.rmdirSync(folder);
    }
  }
  return undefined;
}
