import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { closeRun } from '../../src/client/closeRun.js';
import { deathSeen, deathUnseen, type Evidence, type SeenEnd } from '../../src/client/deathOf.js';
import { RunModel } from '../../src/client/runModel.js';
import { RunWatcher } from '../../src/client/runWatcher.js';
import { brokeOff, endedBadly, type Death } from '../../src/core/brokeOff.js';
import { missingLibrary } from '../../src/core/missingLibrary.js';
import { processStart } from '../../src/platform/isAlive.js';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { writeCheckpoint } from '../../src/runs/checkpoint.js';
import { noteRunning, notedRun } from '../../src/runs/runningRuns.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { readSummary, standOf } from '../../src/runs/runSummary.js';
import { here, writeVitalSigns, type VitalSigns } from '../../src/runs/vitalSigns.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const run = () => new RunFolder(folder());
const dead = spawnSync(process.execPath, ['-e', '']).pid;
const now = { ...here(), host: 'desk', boot: 'today' };
const GROUP = '/sys/fs/cgroup/memory.events';
const MACHINE = '/proc/vmstat';

const signs = (changes: Partial<VitalSigns> = {}): VitalSigns => ({
  ...{
    version: 1,
    pid: dead,
    processStart: 'today:9',
    host: 'desk',
    boot: 'today',
    at: new Date(now.wall).toISOString(),
  },
  ...{ beatAt: now.steady, turnAt: now.steady, toldAt: now.steady, longestTurnMs: 0, longestSilenceMs: 0 },
  ...{ availableBytes: 1e9, totalBytes: 8e9, heapShare: 0.2 },
  oomCounts: [
    { file: GROUP, count: 2 },
    { file: MACHINE, count: 5 },
  ],
  ...changes,
});
/** With counts of those whom the system ended for want of memory. */
const around = (group: number | undefined = 2, machine: number | undefined = 5): Evidence => ({
  ...{ now, uptimeSeconds: 3600 },
  countOf: (file) => (file === GROUP ? group : machine),
});

describe('why a process died', () => {
  it('is told by how it was seen to end, by what it said last, and by what the system counts', () => {
    const seen = (end: SeenEnd, of?: VitalSigns, with_ = around()) => deathSeen(end, of, with_);
    const cases: [SeenEnd, VitalSigns | undefined, Evidence, Death][] = [
      [{ code: 7 }, undefined, around(), { by: 'exit', code: 7 }],
      [{}, undefined, around(), { by: 'exit', code: undefined }],
      [{ signal: 'SIGSEGV' }, signs(), around(), { by: 'signal', signal: 'SIGSEGV' }],
      [{ code: 139 }, signs(), around(), { by: 'signal', signal: 'SIGSEGV' }],
      [{ code: 143 }, signs(), around(3), { by: 'signal', signal: 'SIGTERM' }],
      [{ signal: 'SIGKILL' }, undefined, around(), { by: 'kill' }],
      [{ signal: 'SIGKILL' }, signs({ oomCounts: [] }), around(), { by: 'kill' }],
      [{ signal: 'SIGKILL' }, signs(), around(), { by: 'signal', signal: 'SIGKILL' }],
      [{ signal: 'SIGKILL' }, signs(), around(3, 6), { by: 'memory', of: 'group' }],
      [{ code: 137 }, signs(), around(2, 6), { by: 'memory', of: 'machine' }],
      [{ code: 137 }, signs(), around(undefined, 6), { by: 'memory', of: 'machine' }],
      [{ signal: 'SIGKILL', why: 'did not answer' }, signs(), around(3), { by: 'us', why: 'did not answer' }],
      [{ error: new Error('EACCES') }, undefined, around(), { by: 'start', why: 'EACCES' }],
      [{ signal: 'SIGTRAP' }, undefined, around(), { by: 'memory', of: 'refused' }],
      [{ signal: 'SIGABRT', said: 'std::bad_alloc' }, undefined, around(), { by: 'memory', of: 'refused' }],
      [{ signal: 'SIGABRT', said: 'JavaScript heap out of memory' }, undefined, around(), { by: 'heap' }],
      [
        { code: 127, said: 'x: error while loading shared libraries: liba.so.1: y' },
        undefined,
        around(),
        { by: 'library', name: 'liba.so.1' },
      ],
    ];
    for (const [end, of, with_, death] of cases) assert.deepEqual(seen(end, of, with_), death, JSON.stringify(end));
  });

  it('is found out where nobody saw it end', () => {
    const unseen = (of: VitalSigns | undefined, start?: string, with_ = around()) => deathUnseen(of, start, with_);
    assert.deepEqual(unseen(signs()), { by: 'nothing' });
    assert.deepEqual(unseen(undefined), { by: 'nothing' });
    assert.deepEqual(unseen(signs({ boot: 'yesterday' })), { by: 'restart' });
    assert.deepEqual(unseen(undefined, 'yesterday:9'), { by: 'restart' }, 'its log says when it began');
    assert.deepEqual(unseen(undefined, 'today:9'), { by: 'nothing' });
    const nameless = signs({ at: new Date(now.wall - 7200_000).toISOString() });
    Reflect.deleteProperty(nameless, 'boot');
    assert.deepEqual(unseen(nameless), { by: 'restart' }, 'its last sign is older than the system');
    assert.deepEqual(
      unseen(signs({ boot: 'yesterday' }), undefined, around(9, 9)),
      { by: 'restart' },
      'counts begin anew',
    );
    assert.deepEqual(unseen(signs(), undefined, around(3, 6)), { by: 'memory', of: 'group' });
    assert.deepEqual(unseen(signs(), undefined, around(2, 6)), { by: 'memory', of: 'machine' });
    assert.deepEqual(unseen(signs({ heapShare: 0.95 })), { by: 'heap' });
    assert.deepEqual(unseen(signs({ host: 'lab', boot: 'of the lab' }), undefined, around(9, 9)), { by: 'nothing' });
  });

  it('may be a library that is missing, as the loaders of three systems say it', () => {
    const sayings: [string, string | undefined][] = [
      ["/lib/libm.so.6: version `GLIBC_2.38' not found (required by /x/linux-x64.node)", 'GLIBC_2.38'],
      ['Error: libtensorflow.so.2: cannot open shared object file: No such file or directory', 'libtensorflow.so.2'],
      ['node: error while loading shared libraries: libatomic.so.1: cannot open', 'libatomic.so.1'],
      ['Error: dlopen(/x/y.node, 0x1): Library not loaded: @rpath/libvips.42.dylib', 'libvips.42.dylib'],
      ["Error: Cannot find module 'sharp'\nRequire stack:", 'sharp'],
      ['Error: /tmp/a/face.node: invalid ELF header', 'face.node'],
      ['Error: The specified module could not be found.\n\\\\?\\C:\\x\\face.node', undefined],
      ["code: 'ERR_DLOPEN_FAILED'", undefined],
    ];
    for (const [said, name] of sayings) assert.deepEqual(missingLibrary(said), { name }, said);
    assert.equal(missingLibrary('RangeError: something else\n    at file.js'), undefined);
  });
});

describe('what is said of a death', () => {
  const six = { newest: { path: 'checkpoints/epoch-0006', epoch: 6 }, epochs: 10 };
  const said = (death: Death, reached: Parameters<typeof brokeOff>[1] = six) => {
    const { message, advice } = brokeOff(death, reached);
    return `${message} ${advice}`;
  };

  it('is the cause, what is kept, and what to do', () => {
    assert.equal(
      said({ by: 'restart' }),
      'Training broke off after epoch 6 of 10: its process ended when the machine was started anew. It can go on from there.',
    );
    assert.equal(
      said({ by: 'signal', signal: 'SIGKILL' }),
      'Training broke off after epoch 6 of 10: its process was ended at once from outside (SIGKILL). It can go on from there.',
    );
    assert.match(
      said({ by: 'memory', of: 'group' }),
      /memory ran out that its container .* from there\. Close other programs first\.$/,
    );
    assert.match(
      said({ by: 'memory', of: 'machine' }, { ...six, smaller: 16 }),
      /A batch of 16 pictures \(--batch 16\) takes about half/,
    );
    assert.match(said({ by: 'library', name: 'libtensorflow.so.2' }), /Set up TensorFlow again/);
    assert.match(said({ by: 'library', name: 'GLIBC_2.38' }), /system is older/);
    const inside = { newest: { path: 'checkpoints/step-000042', epoch: 6 }, epochs: 10 };
    assert.match(
      said({ by: 'nothing' }, inside),
      /^Training broke off in epoch 7 of 10: .* nothing says why\. It can go on from there\.$/,
    );
    assert.match(
      said({ by: 'exit', code: 3 }, { newest: undefined, epochs: 10 }),
      /before its first checkpoint: .*exit code 3.*Train again: nothing was kept\. If it happens again/,
    );
    const start = { newest: { path: 'checkpoints/epoch-0000', epoch: 0 }, epochs: 10 };
    assert.match(said({ by: 'nothing' }, start), /before its first epoch was finished/);
  });

  it('is a sentence of each, with what to do, for runs and other jobs', () => {
    const deaths: Death[] = [
      { by: 'shortage', availableBytes: 2e8, totalBytes: 8e9 },
      ...[{ by: 'start', why: 'EACCES' } as const, { by: 'us', why: 'did not answer the stop' } as const],
      ...[
        { by: 'exit', code: undefined } as const,
        { by: 'signal', signal: 'SIGBUS' } as const,
        { by: 'heap' } as const,
      ],
      ...(['group', 'machine', 'refused'] as const).map((of) => ({ by: 'memory', of }) as const),
      ...[{ by: 'kill' } as const, { by: 'library', name: undefined } as const, { by: 'nothing' } as const],
    ];
    const words = deaths.flatMap((death) => [
      brokeOff(death, six),
      endedBadly(death, { noun: 'export', again: 'Export again' }),
    ]);
    for (const { message, advice } of words) {
      assert.match(message, /^(?:Training broke off after epoch 6 of 10: its process|The export process) [^\n]*\.$/);
      assert.match(advice, /^[A-Z][^\n]{10,}\.$/, message);
      assert.doesNotMatch(message + advice, /undefined|\bthe the\b/);
    }
    assert.equal(new Set(words.map(({ message }) => message)).size, words.length, 'each is told apart');
  });
});

describe('the folder of a run whose process died', () => {
  const events: RunEvent[] = [
    { ...SAMPLE_EVENTS.run, pid: dead },
    ...[SAMPLE_EVENTS.dataset, SAMPLE_EVENTS.stage, SAMPLE_EVENTS.epoch, SAMPLE_EVENTS.checkpoint],
  ];
  /** A run folder with that log and its one checkpoint. */
  function write(all: readonly RunEvent[] = events): void {
    fs.mkdirSync(run().checkpoints);
    writeCheckpoint(path.join(run().checkpoints, 'epoch-0001'), sampleGraph, sampleCheckpoint(10, 1));
    fs.writeFileSync(run().metrics, all.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }

  it('tells it everywhere in the same words, and holds nothing half done', async () => {
    write();
    writeVitalSigns(folder(), signs({ processStart: 'boot:9' }));
    fs.appendFileSync(run().metrics, '{"type":"step","epo');
    fs.mkdirSync(path.join(run().checkpoints, `.tmp-epoch-0002-${dead}`));
    fs.writeFileSync(run().reserve, 'room for the line that follows');
    const failure = await closeRun(folder(), { signal: 'SIGSEGV' });
    assert.ok(failure?.type === 'failure');
    assert.equal(failure.message, 'Training broke off after epoch 1 of 3: its process crashed (SIGSEGV).');
    const model = new RunModel(folder());
    assert.deepEqual([model.phase, model.state.failure], ['failed', failure]);
    assert.deepEqual(model.state.warnings, [], 'a cut line is no news');
    const summary = readSummary(folder())!;
    assert.deepEqual(standOf(folder(), summary).trouble, {
      code: 'trainer-crashed',
      message: failure.message,
      advice: failure.advice,
    });
    assert.ok(fs.readFileSync(run().report, 'utf8').includes(failure.message));
    assert.deepEqual(fs.readdirSync(run().checkpoints), ['epoch-0001']);
    assert.deepEqual(fs.readdirSync(folder()).sort(), ['checkpoints', 'metrics.ndjson', 'report.html', 'summary.json']);
    const log = fs.readFileSync(run().metrics);
    assert.deepEqual(await closeRun(folder(), { signal: 'SIGKILL' }), failure, 'whoever comes later finds that');
    assert.deepEqual(fs.readFileSync(run().metrics), log);
  });

  it('is left alone while its process is there, elsewhere, or not known', async () => {
    const mine = { ...SAMPLE_EVENTS.run, pid: process.pid, processStart: processStart(process.pid) };
    write([mine]);
    const before = fs.readFileSync(run().metrics);
    assert.equal(await closeRun(folder()), undefined);
    fs.writeFileSync(run().metrics, `${JSON.stringify({ ...mine, pid: dead, processStart: 'lab:1' })}\n`);
    writeVitalSigns(
      folder(),
      signs({ host: 'lab', boot: 'lab', processStart: 'lab:1', at: new Date(0).toISOString() }),
    );
    assert.equal(await closeRun(folder()), undefined, 'nobody knows of another machine');
    assert.equal(new RunModel(folder()).phase, 'silent');
    fs.writeFileSync(run().metrics, '');
    assert.equal(await closeRun(folder()), undefined);
    assert.ok(before.length > 0 && !fs.existsSync(run().report));
  });

  it('is not made again, and no pipe in the place of its log is written into', async () => {
    const failure = SAMPLE_EVENTS.failure;
    assert.deepEqual(await closeRun(path.join(folder(), 'nowhere'), failure), failure);
    assert.deepEqual(await closeRun(folder(), failure), failure);
    assert.deepEqual(fs.readdirSync(folder()), []);
    if (process.platform === 'win32') return;
    assert.equal(spawnSync('mkfifo', [run().metrics]).status, 0);
    assert.deepEqual(await closeRun(folder(), failure), failure);
  });

  it('is written once by all who notice at once', async () => {
    write();
    const ends = await Promise.all([1, 2, 3, 4].map(() => closeRun(folder())));
    const told = fs.readFileSync(run().metrics, 'utf8').match(/"type":"failure"/g);
    assert.equal(told?.length, 1);
    assert.ok(
      ends.every((end) => end?.type === 'failure'),
      JSON.stringify(ends),
    );
  });

  it('is closed by who follows it and sees its process go, unless that may not write', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    const begun = { ...SAMPLE_EVENTS.run, pid: child.pid!, processStart: processStart(child.pid!) };
    write([begun, ...events.slice(1)]);
    const cache = path.join(folder(), 'cache');
    noteRunning(folder(), new Date(0), cache);
    const reader = new RunWatcher(folder(), () => undefined, false, 10);
    const writer = new RunWatcher(folder(), () => undefined, true, 10);
    assert.ok(writer.model.liveness.alive);
    child.kill('SIGKILL');
    const ends = await Promise.all([reader.ended, writer.ended]);
    for (const end of ends)
      assert.ok(end.type === 'failure' && end.message.startsWith('Training broke off after epoch 1 of 3: '));
    assert.deepEqual(new RunModel(folder()).state.failure, ends[1]);
    assert.ok(notedRun(folder(), cache), 'of a process that lives: this one');
  });
});
