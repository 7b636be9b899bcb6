import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { recognized } from '../../src/protocol/recognition.js';
import { served } from '../../src/protocol/served.js';
import { built } from '../support/built.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';
import { somePeople } from '../support/somePeople.js';
import { until } from '../support/until.js';

// The programs that go on answering, with the face network and real pictures.

const folder = scratchFolder();
const cli = built('faceTrainer.js');
const at = (...names: string[]) => path.join(folder(), ...names);
const env = () => ({ ...process.env, FACE_TRAINER_CACHE: at('cache') });

interface Started {
  readonly child: ChildProcess;
  /** Lines of its standard output so far, each JSON. */
  readonly lines: () => Record<string, unknown>[];
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

/** Those that a test that failed left behind would keep the suite from its end. */
const started = new Set<ChildProcess>();

function start(...args: string[]): Started {
  const child = spawn(process.execPath, [cli, ...args, '--face-weights', sharedPaths.faceWeights], {
    cwd: folder(),
    env: env(),
  });
  started.add(child);
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (some: string) => (text.out += some));
  child.stderr.setEncoding('utf8').on('data', (some: string) => (text.err += some));
  const whole = () => text.out.split('\n').slice(0, -1);
  return {
    child,
    lines: () => whole().map((line) => JSON.parse(line) as Record<string, unknown>),
    said: () => text.err,
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
}

/** Makes the recognizer `door` of three people. @returns one of them, and a picture of theirs that it has not seen */
function enrolled(): { person: string; picture: string } {
  const [person] = somePeople(at('people'), 3, 4);
  const made = spawnSync(process.execPath, [cli, 'enroll', 'people', '--face-weights', sharedPaths.faceWeights], {
    cwd: folder(),
    encoding: 'utf8',
    env: env(),
  });
  assert.equal(made.status, 0, made.stdout + made.stderr);
  const [, , , , fifth] = fs.readdirSync(path.join(sharedPaths.wild, person!)).sort();
  return { person: person!, picture: path.join(sharedPaths.wild, person!, fifth!) };
}

describe('programs that go on answering', function () {
  this.timeout(120_000);

  afterEach(() => {
    for (const child of started) child.kill('SIGKILL');
    started.clear();
  });

  withShared('programs that go on answering', [sharedPaths.wild, sharedPaths.faceWeights], () => {
    it('watch tells who is in each picture that appears, and ends at Ctrl-C', async () => {
      const { person, picture } = enrolled();
      fs.mkdirSync(at('camera'));
      fs.copyFileSync(picture, at('camera', 'before.jpg'));
      const { child, lines, said, ended } = start('watch', 'camera'); // of the only recognizer there
      await until(() => said().includes('Watching'));
      fs.writeFileSync(at('camera', 'broken.jpg'), 'no picture');
      fs.copyFileSync(picture, at('camera', 'new.jpg'));
      await until(() => lines().length >= 2 || child.exitCode !== null);
      child.kill('SIGINT');
      assert.equal(await ended, 0, said());
      const byName = new Map(lines().map((line) => [path.basename(String(line['file'])), line]));
      assert.deepEqual([...byName.keys()].sort(), ['broken.jpg', 'new.jpg']);
      assert.equal(recognized.parse(byName.get('new.jpg')).person, person);
      assert.ok(Date.parse(String(byName.get('new.jpg')!['time'])) > 0);
      assert.equal(byName.get('broken.jpg')!['reason'], 'unreadable');
    });

    it('serve answers a posted picture on this machine, and leaves nothing behind', async () => {
      const { person, picture } = enrolled();
      fs.writeFileSync(at('token'), 'a-token-of-many-letters\n');
      const { child, lines, said, ended } = start('serve', '--recognizer', 'people', '--token-file', 'token');
      await until(() => lines().length > 0 || child.exitCode !== null);
      const { url, token } = lines()[0]!;
      assert.equal(token, undefined, 'whoever wrote it knows it');
      const headers = { authorization: 'Bearer a-token-of-many-letters' };
      const response = await fetch(`${String(url)}/recognize`, {
        method: 'POST',
        body: fs.readFileSync(picture),
        headers,
      });
      const { answer, recognizer } = served.parse(await response.json());
      assert.deepEqual([response.status, recognizer, 'person' in answer && answer.person], [200, 'people', person]);
      child.kill('SIGTERM');
      assert.equal(await ended, 0, said());
      await assert.rejects(fetch(String(url)));
    });
  });
});
