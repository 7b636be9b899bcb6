import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Answerer } from '../../src/client/answerer.js';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { JOBS } from '../../src/protocol/jobs.js';
import type { Reply, Wish } from '../../src/protocol/recognitionJobs.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

/** A trainer that answers as `FAKE_ANSWERS` says, and notes in a file that it was started. */
const PROGRAM = `
const fs = require('node:fs');
const [mode, log] = JSON.parse(process.env.FAKE_ANSWERS);
fs.appendFileSync(log, 'started\\n');
const starts = fs.readFileSync(log, 'utf8').trim().split('\\n').length;
let asked = 0;
process.on('message', (message) => {
  if (message.type === 'stop') process.send({ type: 'rested', why: 'stopped', requests: asked }, () => process.exit(0));
  if (message.type !== 'request') return;
  asked++;
  // Going to rest just as the question comes.
  if (mode === 'rests' && starts === 1)
    return process.send({ type: 'rested', why: 'idle', requests: 0 }, () => process.exit(0));
  if (mode === 'dies') process.exit(7);
  if (mode === 'silent') return;
  const result = { kind: 'refused', code: 'c', message: message.wish.files[0], advice: 'a' };
  process.send({ type: 'reply', id: message.id, result });
});
process.send({ type: 'hello', protocol: ${PROTOCOL_VERSION}, pid: process.pid, node: process.version });
`;

function answerer(mode: string, onSilent?: (sentence: string, end: () => void) => void): Answerer {
  const entry = path.join(folder(), 'fake.cjs');
  fs.writeFileSync(entry, PROGRAM);
  process.env['FAKE_ANSWERS'] = JSON.stringify([mode, path.join(folder(), 'log')]);
  const order = JOBS.answer.order.parse({ type: 'answer', protocol: PROTOCOL_VERSION, recognizer: '/r' });
  const timing = onSilent ? { silentMs: 100 } : {};
  return new Answerer({ entry, order, timing }, onSilent ? { onSilent } : {});
}
const starts = () => fs.readFileSync(path.join(folder(), 'log'), 'utf8').trim().split('\n').length;
const wish = (file: string): Wish => ({ kind: 'recognize', files: [file], seen: false });
const told = (result: Reply['result']) => (result.kind === 'refused' ? result.message : result.kind);

describe('Answerer', () => {
  it('gives each question its own answer, from one process', async () => {
    const asked = answerer('answers');
    const answers = await Promise.all(['/a', '/b', '/c'].map((file) => asked.ask(wish(file))));
    assert.deepEqual(answers.map(told), ['/a', '/b', '/c']);
    assert.equal(told(await asked.ask(wish('/d'))), '/d');
    assert.equal(starts(), 1);
    await asked.close();
  });

  it('puts a question that came too late to the next process', async () => {
    const asked = answerer('rests');
    assert.equal(told(await asked.ask(wish('/a'))), '/a');
    assert.equal(starts(), 2);
    await asked.close();
  });

  it('tells of a process that died, and starts another one for the next question', async () => {
    const asked = answerer('dies');
    const dead = await asked.ask(wish('/a'));
    assert.ok(dead.kind === 'refused' && dead.code === 'trainer-crashed', JSON.stringify(dead));
    await asked.ask(wish('/b'));
    assert.equal(starts(), 2);
    await asked.close();
  });

  it('leaves no question without an answer when it is closed, and takes none afterwards', async () => {
    const asked = answerer('silent');
    const open = asked.ask(wish('/a'));
    const closed = asked.close();
    assert.equal(told(await open), 'The question was taken back.');
    await closed;
    assert.equal(told(await asked.ask(wish('/b'))), 'The question was taken back.');
    assert.equal(starts(), 1);
  });

  it('loads already before the first question', async () => {
    const asked = answerer('answers');
    asked.warmUp();
    asked.warmUp();
    assert.equal(told(await asked.ask(wish('/a'))), '/a');
    assert.equal(starts(), 1);
    await asked.close();
  });

  it('tells of a question without an answer, which can be ended; one that has nothing to answer may be silent', async () => {
    const heard: string[] = [];
    const asked = answerer('silent', (sentence, end) => {
      heard.push(sentence);
      end();
    });
    asked.warmUp();
    assert.match(told(await asked.ask(wish('/a'))), /did not answer and was ended/);
    assert.equal(heard.length, 1);
    await asked.close();
  });
});
