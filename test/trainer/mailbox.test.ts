import assert from 'node:assert/strict';
import { Mailbox } from '../../src/trainer/mailbox.js';

describe('Mailbox', () => {
  it('gives what came, in its order, at once', async () => {
    const box = new Mailbox<number>();
    box.put(1);
    box.put(2);
    assert.deepEqual([await box.next(60_000), await box.next(60_000)], [1, 2]);
  });

  it('waits for what comes, for a while', async () => {
    const box = new Mailbox<string>();
    const waiting = box.next(60_000);
    box.put('a');
    assert.equal(await waiting, 'a');
    assert.equal(await box.next(1), 'idle');
    box.put('b');
    assert.equal(await box.next(1), 'b', 'idle is no end');
  });

  it('gives nothing more once it is closed', async () => {
    const box = new Mailbox<string>();
    const waiting = box.next(60_000);
    box.put('a');
    box.close();
    assert.equal(await waiting, 'closed');
    assert.equal(await box.next(60_000), 'closed');
  });
});
