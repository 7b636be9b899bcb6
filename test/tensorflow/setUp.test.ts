import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../../src/platform/cacheFolder.js';
import { setUpTensorFlow, type Route } from '../../src/tensorflow/setUpTensorFlow.js';
import { findTensorFlow, tensorFlowFolder, writeManifest } from '../../src/tensorflow/tensorFlowHome.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

/** The smallest addon that loads, compiled once. */
let addon = '';
before(function () {
  this.timeout(60_000);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'face-trainer-addon-'));
  const source = path.join(work, 'addon.cc');
  addon = path.join(work, 'addon.node');
  fs.writeFileSync(source, '#include <node_api.h>\nNAPI_MODULE_INIT() { return exports; }\n');
  const headers = path.resolve(import.meta.dirname, '../../node_modules/node-api-headers/include');
  const compiled = spawnSync('g++', ['-shared', '-fPIC', '-I', headers, source, '-o', addon], { encoding: 'utf8' });
  assert.equal(compiled.status, 0, compiled.stderr);
});

/** Fills a home as a real route does, with a real addon. */
function workingRoute(log: string[] = []): Route {
  return {
    name: 'working',
    fill: async (home) => {
      log.push('working');
      fs.mkdirSync(path.join(home, 'lib'));
      fs.copyFileSync(addon, path.join(home, 'lib', 'binding.node'));
      fs.writeFileSync(path.join(home, 'lib', 'library.so'), 'library');
      await writeManifest(home, { source: 'wheel', tensorFlow: '0', binding: 'lib/binding.node' }, [
        'lib/binding.node',
        'lib/library.so',
      ]);
      return undefined;
    },
  };
}

const closed: Route = { name: 'closed', fill: () => Promise.resolve('the download is closed (ENOTFOUND)') };

describe('setUpTensorFlow', function () {
  this.timeout(30_000);
  const setUp = (...routes: Route[]) => setUpTensorFlow({ bindingSources: '', cache: folder(), routes });

  it('takes the first route that works, and keeps what is there', async () => {
    const log: string[] = [];
    const home = await setUp(closed, workingRoute(log));
    assert.equal(home.folder, tensorFlowFolder(folder()));
    assert.deepEqual(findTensorFlow(folder()), home);
    await setUp(workingRoute(log));
    assert.deepEqual(log, ['working'], 'not done twice');
  });

  it('gives the reason of every route when none works, and leaves nothing behind', async () => {
    const broken: Route = {
      name: 'broken',
      fill: async (home) => {
        fs.writeFileSync(path.join(home, 'binding.node'), 'not an addon');
        await writeManifest(home, { source: 'wheel', tensorFlow: '0', binding: 'binding.node' }, ['binding.node']);
        return undefined;
      },
    };
    await assert.rejects(setUp(closed, broken), (error: Error) => {
      assert.match(error.message, /closed: the download is closed \(ENOTFOUND\); broken: it does not load/);
      return true;
    });
    assert.deepEqual(fs.readdirSync(path.dirname(tensorFlowFolder(folder()))), []);
  });

  it('recovers from a set-up that was interrupted, and clears what it left', async () => {
    const target = tensorFlowFolder(folder());
    fs.mkdirSync(`${target}.partial-999999999`, { recursive: true });
    fs.writeFileSync(path.join(`${target}.partial-999999999`, 'half'), 'x');
    // A home without its manifest is half a home.
    fs.mkdirSync(path.join(target, 'lib'), { recursive: true });
    assert.equal(findTensorFlow(folder()), undefined);
    await setUp(workingRoute());
    assert.deepEqual(fs.readdirSync(path.dirname(target)), [path.basename(target)]);
  });

  it('does it again when a file was cut or changed', async () => {
    const log: string[] = [];
    await setUp(workingRoute(log));
    const library = path.join(tensorFlowFolder(folder()), 'lib', 'library.so');
    fs.writeFileSync(library, 'lib');
    assert.equal(findTensorFlow(folder()), undefined, 'the size tells at every start');
    await setUp(workingRoute(log));
    fs.writeFileSync(library, 'LIBRARY');
    assert.ok(findTensorFlow(folder()), 'the same size');
    await setUp(workingRoute(log));
    assert.equal(fs.readFileSync(library, 'utf8'), 'library', 'the hash tells at every set-up');
    assert.deepEqual(log, ['working', 'working', 'working']);
  });

  it('keeps its cache where each platform has its caches', () => {
    assert.equal(cacheFolder({ FACE_TRAINER_CACHE: '/x' }, 'linux'), path.resolve('/x'));
    assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c' }, 'linux'), '/c/face-trainer');
    assert.match(cacheFolder({}, 'darwin'), /Library.Caches.face-trainer$/);
    assert.match(cacheFolder({ LOCALAPPDATA: 'C:\\L' }, 'win32'), /L.*face-trainer.*Cache$/);
  });
});
