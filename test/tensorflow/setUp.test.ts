import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../../src/platform/cacheFolder.js';
import { installerRoute } from '../../src/tensorflow/installerRoute.js';
import { setUpTensorFlow, type Route } from '../../src/tensorflow/setUpTensorFlow.js';
import {
  findTensorFlow,
  TFJS_NODE_VERSION,
  tensorFlowFolder,
  writeManifest,
} from '../../src/tensorflow/tensorFlowHome.js';
import { wheelRoute } from '../../src/tensorflow/wheelRoute.js';
import { notRun } from '../support/notRun.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

/** The smallest addon that loads, compiled once. */
let addon = '';
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

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

const closed: Route = { name: 'closed', fill: () => Promise.resolve('the download is closed (ENOTFOUND)') };

describe('setUpTensorFlow', function () {
  this.timeout(30_000);
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

  it('runs nothing of the folder that it is started in', async () => {
    const [evil, home] = [path.join(folder(), 'workspace'), path.join(folder(), 'home')];
    fs.mkdirSync(path.join(evil, 'pip'), { recursive: true });
    fs.mkdirSync(home);
    const trap = `open(${JSON.stringify(path.join(folder(), 'ran'))}, 'w')\n`;
    for (const name of ['pip/__init__.py', 'pip/__main__.py', 'zipfile.py', 'sitecustomize.py', 'usercustomize.py'])
      fs.writeFileSync(path.join(evil, name), trap);
    const [before, compiler, search] = [process.cwd(), process.env['CXX'], process.env['PYTHONPATH']];
    process.chdir(evil);
    process.env['PYTHONPATH'] = evil;
    process.env['CXX'] = path.join(folder(), 'no-compiler');
    try {
      assert.equal(await wheelRoute(home, evil, () => undefined), 'a C++ compiler (g++) is missing');
    } finally {
      process.chdir(before);
      restore('CXX', compiler);
      restore('PYTHONPATH', search);
    }
    assert.equal(fs.existsSync(path.join(folder(), 'ran')), false);
  });

  it('starts every Python isolated and in the folder that is filled', async function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') notRun(this, 'the wheel is for Linux on x86-64');
    const [home, programs, log] = ['home', 'bin', 'log'].map((name) => path.join(folder(), name)) as [
      string,
      string,
      string,
    ];
    fs.mkdirSync(home);
    fs.mkdirSync(programs);
    // Stands in for Python: pip "downloads" a wheel, and unpacking it lays two libraries there.
    const python = `#!/bin/sh
echo "$PWD $1" >> '${log}'
case "$*" in
  *" pip download "*) touch '${home}/wheel/tensorflow.whl' ;;
  *zipfile*) mkdir '${home}/wheel/tensorflow' && cd '${home}/wheel/tensorflow' && touch libtensorflow_cc.so.2 libtensorflow_framework.so.2 ;;
esac
`;
    fs.writeFileSync(path.join(programs, 'python3'), python, { mode: 0o755 });
    const [search, compiler] = [process.env['PATH'], process.env['CXX']];
    process.env['PATH'] = `${programs}${path.delimiter}${search}`;
    process.env['CXX'] = '/bin/true';
    try {
      // The stand-in compiler leaves no binding.
      await assert.rejects(
        wheelRoute(home, folder(), () => undefined),
        { code: 'ENOENT' },
      );
    } finally {
      restore('PATH', search);
      restore('CXX', compiler);
    }
    assert.deepEqual(fs.readFileSync(log, 'utf8').trim().split('\n'), Array(3).fill(`${home} -I`));
  });

  it('lets npm get what the lock file names, and run the installer of one package alone', async () => {
    const [home, log, npm] = ['home', 'log', 'npm.cjs'].map((name) => path.join(folder(), name)) as [
      string,
      string,
      string,
    ];
    fs.mkdirSync(home);
    // Stands in for npm, which is told where it is by a variable of its own.
    const say = `[process.argv.slice(2), process.cwd(), fs.readFileSync('package-lock.json', 'utf8')]`;
    fs.writeFileSync(
      npm,
      `const fs = require('fs'); fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify(${say}) + '\\n');`,
    );
    const { npm_execpath: before } = process.env;
    process.env['npm_execpath'] = npm;
    try {
      const reason = await installerRoute(home, path.resolve(import.meta.dirname, '../../dist/tfjs-node'));
      assert.equal(reason, 'it left no binding behind');
    } finally {
      restore('npm_execpath', before);
    }
    const calls = fs.readFileSync(log, 'utf8').trim().split('\n');
    const told = calls.map((line) => JSON.parse(line) as [string[], string, string]);
    assert.deepEqual(
      told.map(([args, cwd]) => [...args.filter((arg) => !/^--(no-|loglevel)/.test(arg)), cwd]),
      [
        ['ci', '--ignore-scripts', path.join(home, 'npm')],
        ['rebuild', '@tensorflow/tfjs-node', '--ignore-scripts=false', path.join(home, 'npm')],
      ],
    );
    const { packages } = JSON.parse(told[0]![2]) as {
      packages: Record<string, { version: string; integrity: string }>;
    };
    const locked = Object.entries(packages).filter(([at]) => at !== '');
    assert.ok(locked.length > 20);
    for (const [at, { integrity }] of locked) assert.match(integrity, /^sha512-[\w+/]{86}==$/, at);
    assert.equal(packages['node_modules/@tensorflow/tfjs-node']!.version, TFJS_NODE_VERSION);
  });

  it('keeps its cache where each platform has its caches', () => {
    assert.equal(cacheFolder({ FACE_TRAINER_CACHE: '/x' }, 'linux'), path.resolve('/x'));
    assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c' }, 'linux'), '/c/face-trainer');
    assert.match(cacheFolder({}, 'darwin'), /Library.Caches.face-trainer$/);
    assert.match(cacheFolder({ LOCALAPPDATA: 'C:\\L' }, 'win32'), /L.*face-trainer.*Cache$/);
  });
});
