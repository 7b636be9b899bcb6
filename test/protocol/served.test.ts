import assert from 'node:assert/strict';
import { served, servedError } from '../../src/protocol/served.js';
import { KNOWN, NETWORK, NO_NAME } from './recognitionMessages.js';

const whole = { recognizer: 'door', network: NETWORK, seconds: 0.1 };

describe('what is served', () => {
  it('is an answer without any place on this disk', () => {
    const { answer } = served.parse({ ...whole, answer: KNOWN });
    const kept = Object.entries(KNOWN).filter(([name]) => !['file', 'mostLike', 'seen'].includes(name));
    assert.deepEqual(answer, Object.fromEntries(kept));
  });

  it('is as well why nobody can be told', () => {
    const { answer } = served.parse({ ...whole, answer: NO_NAME });
    assert.deepEqual(Object.keys(answer).sort(), ['error', 'faces', 'quality', 'reason']);
  });

  it('is never half of one', () => {
    for (const key of ['recognizer', 'network', 'seconds', 'answer']) {
      const without = Object.fromEntries(Object.entries({ ...whole, answer: KNOWN }).filter(([name]) => name !== key));
      assert.ok(!served.safeParse(without).success, key);
    }
    assert.ok(!served.safeParse({ ...whole, answer: { person: 'Anna' } }).success);
    assert.ok(!served.safeParse({ ...whole, seconds: -1, answer: KNOWN }).success);
    assert.ok(!servedError.safeParse({ code: 'c' }).success);
  });
});
