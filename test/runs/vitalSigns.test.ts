import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { silenceWords, type Pulse } from '../../src/core/silence.js';
import { bootName, processStart } from '../../src/platform/isAlive.js';
import { notedRun } from '../../src/runs/runningRuns.js';
import {
  forgetVitalSigns,
  here,
  pulseOf,
  readVitalSigns,
  writeVitalSigns,
  type VitalSigns,
} from '../../src/runs/vitalSigns.js';
import { watchRun, type RunWatch } from '../../src/training/watchRun.js';
import { scratchFolder } from '../support/scratch.js';
import { until } from '../support/until.js';

const folder = scratchFolder();
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const own = { pid: process.pid, ...(process.platform === 'linux' && { processStart: processStart(process.pid)! }) };
const dead = { pid: spawnSync(process.execPath, ['-e', '']).pid };
const now = here();
const boot = bootName();

/** Signs that a process gave a moment ago; `beat`, `turn` and `told` say how long ago each was, ms. */
function signs(changes: Partial<VitalSigns> = {}, { beat = 0, turn = 0, told = 0 } = {}): VitalSigns {
  return {
    ...{ version: 1, ...own, host: now.host, ...(boot !== undefined && { boot }) },
    ...{ at: new Date(now.wall - beat).toISOString(), beatAt: now.steady - beat },
    ...{ turnAt: now.steady - turn, toldAt: now.steady - told, longestTurnMs: 0, longestSilenceMs: 0 },
    ...{ availableBytes: 1e9, totalBytes: 8e9, heapShare: 0.1, oomCounts: [], ...changes },
  };
}

const stateOf = (pulse: Pulse) => ('lacks' in pulse ? pulse.lacks : 'host' in pulse ? pulse.host : pulse.state);
const pulse = (given: VitalSigns | undefined, process_: { pid: number; processStart?: string } = own) =>
  stateOf(pulseOf(folder(), process_, given, now));

describe('the signs of life of a run', () => {
  it('are its owner’s alone, read as they were written, and gone when they are forgotten', () => {
    writeVitalSigns(folder(), signs());
    assert.deepEqual(fs.readdirSync(folder()), ['alive.json']);
    if (process.platform !== 'win32') assert.equal(fs.statSync(path.join(folder(), 'alive.json')).mode & 0o777, 0o600);
    assert.deepEqual(readVitalSigns(folder()), signs());
    forgetVitalSigns(folder());
    assert.deepEqual(fs.readdirSync(folder()), []);
    assert.equal(readVitalSigns(folder()), undefined);
  });

  it('are none where somebody else wrote them: no file but the system’s own is looked into for them', () => {
    const bad: object[] = [
      { pid: -1 },
      { pid: 'x' },
      { beatAt: null },
      { host: 5 },
      { host: 'lab\u001b[2J' },
      { host: '' },
      ...['/etc/passwd', '/sys/fs/cgroup/../../../pipe/memory.events', '/proc/vmstat/../pipe', 'memory.events'].map(
        (file) => ({ oomCounts: [{ file, count: 0 }] }),
      ),
    ];
    for (const change of bad) {
      fs.writeFileSync(path.join(folder(), 'alive.json'), JSON.stringify({ ...signs(), ...change }));
      assert.equal(readVitalSigns(folder()), undefined, JSON.stringify(change));
    }
    const real = [
      { file: '/proc/vmstat', count: 3 },
      { file: '/sys/fs/cgroup/user.slice/memory.events', count: 0 },
      { file: '/sys/fs/cgroup/memory.events', count: 0 },
    ];
    writeVitalSigns(folder(), signs({ oomCounts: real }));
    assert.deepEqual(readVitalSigns(folder())?.oomCounts, real);
  });

  it('tell a process that answers from one that does not, by each of its three signs', () => {
    assert.equal(pulse(undefined), 'alive', 'it has not written any yet');
    assert.equal(pulse(signs()), 'alive');
    assert.equal(pulse(signs({}, { beat: 59 * SECOND })), 'alive');
    assert.equal(pulse(signs({}, { beat: 61 * SECOND })), 'beat');
    assert.equal(pulse(signs({}, { turn: 4 * MINUTE })), 'alive', 'a batch takes its time');
    assert.equal(pulse(signs({}, { turn: 6 * MINUTE })), 'turn');
    assert.equal(pulse(signs({}, { told: 29 * MINUTE })), 'alive');
    assert.equal(pulse(signs({}, { told: 31 * MINUTE })), 'word');
  });

  it('are held against those of the same run: what took long before may take as long again', () => {
    const slow = { longestTurnMs: 20 * MINUTE, longestSilenceMs: 60 * MINUTE };
    assert.equal(pulse(signs(slow, { turn: 79 * MINUTE, told: 79 * MINUTE })), 'alive');
    assert.equal(pulse(signs(slow, { turn: 81 * MINUTE })), 'turn');
    assert.equal(pulse(signs(slow, { told: 241 * MINUTE })), 'word');
  });

  it('are no life where the process is gone, or its number is another’s', () => {
    assert.equal(pulse(signs(dead), dead), 'gone');
    assert.equal(pulse(signs({}, { beat: 61 * SECOND }), dead), 'gone', 'signs of another process');
    if (process.platform !== 'linux') return;
    const reused = { pid: process.pid, processStart: 'another boot:1' };
    assert.equal(pulse(signs({ ...reused, boot: 'another boot' }), reused), 'gone', 'the machine was started anew');
  });

  it('of another machine are believed for two minutes, and its processes are never asked for here', () => {
    const lab = { ...dead, processStart: 'of the lab:9' };
    const elsewhere = { host: 'lab', boot: 'of the lab', ...lab };
    assert.equal(pulse(signs(elsewhere), lab), 'alive', 'the number is nobody’s here');
    assert.equal(pulse(signs(elsewhere, { beat: 119 * SECOND }), lab), 'alive');
    assert.equal(pulse(signs(elsewhere, { beat: 121 * SECOND }), lab), 'lab', 'nobody knows');
    assert.equal(
      pulse(signs({ ...elsewhere, ...own }, { beat: 3 * 60 * MINUTE })),
      'lab',
      'it is somebody else’s here',
    );
    if (boot !== undefined)
      assert.equal(
        pulse(signs({ ...lab, host: 'before it was renamed' }), lab),
        'gone',
        'the same start of the system',
      );
  });
});

describe('what is said of a run that does not answer', () => {
  const reached = { newest: { path: 'checkpoints/epoch-0006', epoch: 6 }, epochs: 10 };

  it('is since when, why, how far it had come and what to do', () => {
    const said = (given: Pulse, of: typeof reached | { newest: undefined; epochs: number } = reached) =>
      Object.values(silenceWords(given, of) ?? {}).join(' ');
    assert.equal(said({ state: 'alive' }) + said({ state: 'gone' }), '');
    assert.equal(
      said({ state: 'silent', pid: 7, seconds: 301, lacks: 'turn' }),
      'Training has not answered for 5 minutes: its process 7 lives, but has been at one and the same thing for longer than ever before. ' +
        'It may still come back, when the machine has time and memory for it. Once process 7 is ended, it can go on after epoch 6 of 10.',
    );
    assert.match(said({ state: 'silent', pid: 7, seconds: 61, lacks: 'beat' }), /for 1 minute: .* no sign of life/);
    assert.match(said({ state: 'silent', pid: 7, seconds: 7300, lacks: 'word' }), /for 2 hours: .* told nothing/);
    assert.match(
      said({ state: 'silent', seconds: 3 * 86_400, host: 'lab' }),
      /for 3 days: it was begun on “lab”, and nobody can say from here .* Look there\. .* can go on after epoch 6 of 10\.$/,
    );
    assert.match(
      said({ state: 'held', pid: 7 }, { newest: undefined, epochs: 10 }),
      /^Training stands still before its first checkpoint: a signal stopped its process 7\. .*“kill -CONT 7”/,
    );
  });
});

describe('the thread that watches a run', () => {
  let watch: RunWatch | undefined;
  afterEach(() => watch?.close());

  it('says that its process lives while the main thread is blocked, and that this takes no turn', async () => {
    const run = path.join(folder(), 'run');
    fs.mkdirSync(run);
    const cache = path.join(folder(), 'cache');
    watch = watchRun(run, new Date(0), { beatMs: 20, cache });
    const read = () => readVitalSigns(run);
    const signsWith = (is: (given: VitalSigns) => boolean) =>
      until(() => {
        const given = read();
        return given && is(given) && given;
      });
    const first = await signsWith(({ turnAt, beatAt }) => beatAt - turnAt < 300);
    assert.equal(first.pid, process.pid);
    assert.equal(pulse(first), 'alive');
    // The main thread takes no turn until its thread has said so.
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    let blocked = first;
    while (blocked.beatAt - blocked.turnAt < 600) {
      Atomics.wait(nothing, 0, 0, 20);
      blocked = read() ?? blocked;
    }
    assert.ok(blocked.beatAt > first.beatAt, 'its heart beats, and nothing else moves');
    watch.told();
    const after = await signsWith(({ turnAt, toldAt }) => turnAt > blocked.turnAt && toldAt > blocked.toldAt);
    assert.ok(after.longestTurnMs >= 600, 'which is remembered');
    assert.equal(notedRun(run, cache)?.pid, process.pid, 'who removed the note finds it again');
    assert.ok(after.heapShare > 0 && after.heapShare < 1 && after.availableBytes <= after.totalBytes);
    await watch.close();
    watch = undefined;
    assert.deepEqual(fs.readdirSync(run), [], 'nothing of it is left');
  });
});
