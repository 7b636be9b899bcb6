import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { UsageError } from '../../src/cli/flag.js';
import { readCommand } from '../../src/cli/readCommand.js';
import { JOBS } from '../../src/protocol/jobs.js';
import { recognizersFolder } from '../../src/recognizers/recognizersFolder.js';
import { put, scratchFolder } from '../support/scratch.js';
import { until } from '../support/until.js';
import { ScriptedProgram } from './scriptedProgram.js';

const folder = scratchFolder();
const watchWish = z.object({ folder: z.string(), order: JOBS.answer.order, existing: z.boolean() });
const serveWish = z.object({ order: JOBS.answer.order, port: z.number(), tokenFile: z.string().optional() });

const read = (...args: string[]) => readCommand(args, folder()).wish;
const refused = (...args: string[]) => {
  try {
    read(...args);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  throw new Error(`${args.join(' ')} was taken`);
};
/** A folder that holds a recognizer, for whoever only looks whether it does. */
const recognizer = (name: string) =>
  path.dirname(put(path.join(recognizersFolder(folder()), name, 'recognizer.json'), '{}'));

describe('commands that go on answering', () => {
  it('ask the recognizer that is named, by name or place, or the only one there is', () => {
    assert.match(
      refused('watch', 'camera'),
      /There is no recognizer in this folder: make one with “face-trainer enroll”/,
    );
    assert.match(refused('serve'), /There is no recognizer in this folder/);
    const door = recognizer('door');
    assert.equal(watchWish.parse(read('watch', 'camera')).order.recognizer, door);
    const gate = recognizer('gate');
    assert.equal(refused('watch', 'camera'), 'Name one of these with --recognizer: door, gate.');
    assert.equal(serveWish.parse(read('serve', '--recognizer', 'gate')).order.recognizer, gate);
    const elsewhere = path.resolve(folder(), 'runs', 'a');
    assert.equal(serveWish.parse(read('serve', '--recognizer', 'runs/a')).order.recognizer, elsewhere);
  });

  it('watch one folder', () => {
    recognizer('door');
    const {
      folder: watched,
      existing,
      order,
    } = watchWish.parse(read('watch', 'camera', '--existing', '--faces', 'off'));
    assert.deepEqual([watched, existing, order.faces], [path.join(folder(), 'camera'), true, 'off']);
    assert.match(refused('watch'), /Name the folder in which pictures will appear/);
    assert.match(refused('watch', 'a', 'b'), /Unexpected argument “b”/);
  });

  it('serve at a port, with a token from a file', () => {
    recognizer('door');
    assert.equal(serveWish.parse(read('serve')).port, 0);
    const { port, tokenFile } = serveWish.parse(read('serve', '--port', '8787', '--token-file', 'token'));
    assert.deepEqual([port, tokenFile], [8787, path.join(folder(), 'token')]);
    for (const wrong of ['-1', '65536', '1.5', 'http'])
      assert.match(refused('serve', `--port=${wrong}`), /--port wants a whole number from 0 to 65535/, wrong);
    assert.match(refused('serve', 'door'), /Unexpected argument “door”/);
  });
});

describe('serve at a terminal', function () {
  this.timeout(60_000);

  it('refuses a token that can be guessed, or that it cannot read, before anything listens', () => {
    const program = new ScriptedProgram(folder());
    const args = ['serve', '--recognizer', recognizer('door'), '--token-file', 'token'];
    for (const [token, why] of [
      [undefined, 'cannot be read'],
      ['short', 'does not hold one word of 16 letters or more'],
      ['two words of many letters', 'does not hold one word'],
    ] as const) {
      if (token !== undefined) fs.writeFileSync(path.join(folder(), 'token'), token);
      const { status, stdout, stderr, order } = program.run(args);
      assert.equal(status, 1);
      assert.ok(`${stdout}${stderr}`.includes(why), `${stdout}${stderr}`);
      assert.equal(order, undefined);
    }
  });
});

describe('watch at a terminal', function () {
  this.timeout(60_000);

  it('tells why a picture has no answer, waits for a folder that is gone, and ends at Ctrl-C', async () => {
    const program = new ScriptedProgram(folder());
    fs.copyFileSync(path.join(import.meta.dirname, 'trainers', 'refusing.cjs'), program.beside('trainer.js'));
    const args = [program.beside('faceTrainer.js'), 'watch', 'camera', '--existing', '--recognizer', 'door'];
    const child = spawn(process.execPath, args, { cwd: folder() });
    const text = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (some: string) => (text.out += some));
    child.stderr.setEncoding('utf8').on('data', (some: string) => (text.err += some));
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until(() => text.err.includes('camera is not there: waiting for it.') || child.exitCode !== null);
    put(path.join(folder(), 'camera', 'a.jpg'));
    await until(() => text.out.includes('\n') || child.exitCode !== null);
    assert.match(text.err, /Watching .*camera for door\. Ctrl-C ends it\.\n/);
    assert.match(text.err, /camera is back\./);
    child.kill('SIGINT');
    assert.equal(await ended, 0, text.err);
    const { time, file, ...rest } = JSON.parse(text.out) as Record<string, unknown>;
    assert.ok(Date.parse(String(time)) > 0);
    assert.equal(path.basename(String(file)), 'a.jpg');
    const refused = { code: 'recognizer-empty', message: 'Nobody is enrolled.', advice: 'Add somebody.' };
    assert.deepEqual(rest, { refused });
  });
});
