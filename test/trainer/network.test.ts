import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { built } from '../support/built.js';
import { CUT, runCut, type CutRun } from '../support/cutNetwork.js';
import { scratchFolder, writePeople } from '../support/scratch.js';

describe('the network', function () {
  this.timeout(180_000);
  const folder = scratchFolder();
  const at = (name: string) => path.join(folder(), name);
  const homes = () => ({ HOME: at('home'), USERPROFILE: at('home'), TMPDIR: at('tmp'), XDG_CACHE_HOME: undefined });
  const cache = () => ({ FACE_TRAINER_CACHE: at('cache'), ...homes() });
  beforeEach(() => ['home', 'tmp'].forEach((name) => fs.mkdirSync(at(name))));
  const faceTrainer = (...args: string[]): CutRun => runCut([built('faceTrainer.js'), ...args], folder(), cache());

  function works(...args: string[]): void {
    const { status, output, wanted, watched, sockets } = faceTrainer(...args);
    const said = `${args.join(' ')}\n${output.slice(-2000)}`;
    assert.equal(status, 0, said);
    assert.deepEqual(wanted, [], said);
    assert.deepEqual(sockets ?? [], [], said);
    assert.ok(watched >= 1, said);
  }

  it(`is left alone by everything but a download (${CUT})`, async () => {
    await writePeople(path.join(folder(), 'people'), 3, 6);
    const small = ['--size', '32', '--width', '0.35', '--batch', '4', '--epochs', '1'];
    works('check', 'people');
    works('align', 'people', '--out', 'aligned');
    works('train', 'people', '--recipe', 'original', '--weights', 'random', ...small, '--out', 'run');
    const checkpoint = path.join('run', 'checkpoints', 'epoch-0001');
    works('qat', checkpoint, '--epochs', '1', '--calibration-pictures', '4', '--sensitivity', '0', '--out', 'int8');
    works('resume', 'run', '--epochs', '2');
    for (const [format, file] of Object.entries({
      onnx: 'a.onnx',
      tflite: 'a.tflite',
      keras: 'a.h5',
      c: 'a.h',
      tfjs: 'js',
    }))
      works('export', checkpoint, '--format', format, '--output', file);
    works('compare', path.join('int8', 'checkpoints', 'epoch-0001'));
    const picture = path.join('people', 'person-0', '0.png');
    for (const model of [checkpoint, 'a.onnx', 'a.tflite']) works('predict', model, picture, '--closed-set');
    works('ps');
    works('version');
    // What a library means to send some day, it keeps there.
    for (const place of ['home', 'tmp']) assert.deepEqual(fs.readdirSync(at(place)), [], place);
    const pages = fs
      .readdirSync(folder(), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(html|md)$/.test(file));
    assert.ok(pages.length >= 4, pages.join());
    for (const page of pages) assert.doesNotMatch(fs.readFileSync(path.join(folder(), page), 'utf8'), OUTSIDE, page);
  });

  it('is not asked for weights without consent, and a download is noticed here', () => {
    fs.mkdirSync(path.join(folder(), 'people'));
    const train = faceTrainer('train', 'people', '--recipe', 'default', '--out', 'run');
    assert.equal(train.status, 1, train.output);
    assert.deepEqual([train.wanted, train.sockets ?? []], [[], []]);
    const download = faceTrainer('download-weights', '--width', '0.35', '--size', '96');
    assert.equal(download.status, 1, download.output);
    assert.match(download.wanted.join('\n'), /storage\.googleapis\.com/);
  });

  it('is noticed by the kernel where a program is not watched', () => {
    const ask = "require('net').connect(9, '127.0.0.1').on('error', () => undefined)";
    const unwatched = `{ env: { ...process.env, NODE_OPTIONS: '' } }`;
    const start = `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(ask)}], ${unwatched})`;
    const { status, output, wanted, sockets } = runCut(['-e', start], folder());
    assert.deepEqual([status, wanted], [0, []], output);
    // Where system calls cannot be traced, the hooks alone count.
    assert.equal(sockets?.length ?? 1, 1);
  });
});

/** An address that a page would load something from; those of a schema are names. */
const OUTSIDE =
  /\b(?:src|href|srcset|poster|action|data)\s*=\s*["']?\s*(?:https?:|\/\/)|url\(\s*["']?(?:https?:|\/\/)|@import/i;
