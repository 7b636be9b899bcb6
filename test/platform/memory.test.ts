import assert from 'node:assert/strict';
import os from 'node:os';
import path from 'node:path';
import { oomCountOf, oomCounts, readMemory } from '../../src/platform/memory.js';
import { put, scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const MEMINFO = 'MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    2000000 kB\n';

/** A file system with these files. */
function system(files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) put(path.join(folder(), file), text);
  return folder();
}

describe('the memory that is left', () => {
  it('is the machine’s where nothing limits the process', () => {
    const machine = { availableBytes: 2_048_000_000, totalBytes: 8_192_000_000 };
    assert.deepEqual(readMemory(system({ 'proc/meminfo': MEMINFO })), machine);
    const unlimited = system({
      'proc/self/cgroup': '4:memory:/jobs\n0::/user\n',
      'sys/fs/cgroup/memory/jobs/memory.limit_in_bytes': '9223372036854771712\n',
      'sys/fs/cgroup/memory/jobs/memory.usage_in_bytes': '500000000\n',
      'sys/fs/cgroup/user/memory.max': 'max\n',
      'sys/fs/cgroup/user/memory.current': '500000000\n',
    });
    assert.deepEqual(readMemory(unlimited), machine);
  });

  it('is what the closest limit leaves, version 1, with the pages of files that can be given back', () => {
    const root = system({
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '9:cpu:/\n4:cpuset,memory:/jobs/7\n',
      'sys/fs/cgroup/memory/jobs/7/memory.limit_in_bytes': '1000000000\n',
      'sys/fs/cgroup/memory/jobs/7/memory.usage_in_bytes': '990000000\n',
      'sys/fs/cgroup/memory/jobs/7/memory.stat':
        'inactive_file 1\ntotal_inactive_file 300000000\ntotal_active_file 200000000\n',
    });
    assert.deepEqual(readMemory(root), { availableBytes: 510_000_000, totalBytes: 1_000_000_000 });
  });

  it('is the least of all groups above it, version 2, and of a container that sees its own as the root', () => {
    const group = (at: string, most: string, used: number) => ({
      [`sys/fs/cgroup${at}/memory.max`]: `${most}\n`,
      [`sys/fs/cgroup${at}/memory.current`]: `${used}\n`,
      [`sys/fs/cgroup${at}/memory.stat`]: 'anon 5\ninactive_file 10\nactive_file 20\n',
    });
    const root = system({
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '0::/user/app\n',
      ...group('/user/app', 'max', 1),
      ...group('/user', '600000000', 500_000_000),
      ...group('', '900000000', 100_000_000),
    });
    assert.deepEqual(readMemory(root), { availableBytes: 100_000_030, totalBytes: 600_000_000 });
    put(path.join(root, 'proc/self/cgroup'), '0::/\n');
    assert.deepEqual(readMemory(root), { availableBytes: 800_000_030, totalBytes: 900_000_000 });
    put(path.join(root, 'sys/fs/cgroup/memory.current'), '950000000');
    assert.equal(readMemory(root).availableBytes, 0, 'never less than nothing');
  });

  it('is what Node knows where the system has no such files, and of this machine no nonsense', () => {
    assert.equal(readMemory(path.join(folder(), 'nowhere')).totalBytes, os.totalmem());
    const { availableBytes, totalBytes } = readMemory();
    assert.ok(availableBytes > 0 && availableBytes <= totalBytes && totalBytes <= os.totalmem());
  });

  it('never runs out on macOS, which does not say what can be given back', () => {
    assert.deepEqual(readMemory(system({}), 'darwin'), { availableBytes: os.totalmem(), totalBytes: os.totalmem() });
  });
});

describe('the ends for want of memory', () => {
  it('are counted by the process’ own group and by the machine, as far as they count', () => {
    const root = system({
      'proc/self/cgroup': '0::/user/app\n',
      'proc/vmstat': 'oom_kill_other 9\nnr_free_pages 5\noom_kill 7\n',
      'sys/fs/cgroup/user/app/memory.current': '1\n',
      'sys/fs/cgroup/user/app/memory.events': 'low 0\noom 4\noom_kill 3\noom_group_kill 0\n',
      'sys/fs/cgroup/user/memory.current': '1\n',
      'sys/fs/cgroup/user/memory.events': 'oom_kill 5\n',
    });
    const [own, machine] = [path.join(root, 'sys/fs/cgroup/user/app/memory.events'), path.join(root, 'proc/vmstat')];
    assert.deepEqual(oomCounts(root), [
      { file: own, count: 3 },
      { file: machine, count: 7 },
    ]);
    put(own, 'oom_kill 4\n');
    assert.deepEqual([oomCountOf(own), oomCountOf(machine), oomCountOf(path.join(root, 'gone'))], [4, 7, undefined]);
    assert.deepEqual(oomCounts(path.join(root, 'nowhere')), []);
  });
});
