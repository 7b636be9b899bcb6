import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { PictureWatch } from '../../src/client/pictureWatch.js';
import { put, scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const at = (...names: string[]) => path.join(folder(), ...names);

describe('a watched folder', () => {
  it('tells a picture that appears, once it stays the same, and once', () => {
    put(at('old.jpg'));
    const watch = new PictureWatch(folder());
    assert.deepEqual(watch.look(), []);
    put(at('new.jpg'), 'half');
    assert.deepEqual(watch.look(), [], 'it may still be written');
    put(at('new.jpg'), 'half and half');
    assert.deepEqual(watch.look(), []);
    assert.deepEqual(watch.look(), [at('new.jpg')]);
    assert.deepEqual(watch.look(), []);
  });

  it('tells one that is written anew under its name', () => {
    put(at('snapshot.jpg'), 'one');
    const watch = new PictureWatch(folder());
    watch.look();
    put(at('snapshot.jpg'), 'another');
    assert.deepEqual([watch.look(), watch.look(), watch.look()], [[], [at('snapshot.jpg')], []]);
    fs.utimesSync(at('snapshot.jpg'), new Date(0), new Date(0)); // as long as before
    assert.deepEqual([watch.look(), watch.look()], [[], [at('snapshot.jpg')]]);
  });

  it('waits for the first byte, looks into folders, and at pictures alone', () => {
    const watch = new PictureWatch(folder());
    watch.look();
    put(at('today', 'a.jpg'), '');
    put(at('today', 'a.txt'));
    assert.deepEqual([watch.look(), watch.look(), watch.look()], [[], [], []]);
    put(at('today', 'a.jpg'));
    assert.deepEqual([watch.look(), watch.look()], [[], [at('today', 'a.jpg')]]);
  });

  it('tells those that are there already where that is wished, the oldest first', () => {
    put(at('b.jpg'));
    put(at('a.jpg'));
    fs.utimesSync(at('b.jpg'), new Date(1000), new Date(1000));
    const watch = new PictureWatch(folder(), true);
    assert.deepEqual([watch.look(), watch.look(), watch.look()], [[], [at('b.jpg'), at('a.jpg')], []]);
  });

  it('stands a folder that goes and comes back: what comes with it is new', () => {
    const watch = new PictureWatch(at('drive'));
    assert.equal(watch.look(), undefined);
    put(at('drive', 'a.jpg'));
    assert.deepEqual(watch.look(), [], 'the first look');
    fs.renameSync(at('drive'), at('gone'));
    assert.equal(watch.look(), undefined);
    put(at('gone', 'b.jpg'));
    fs.renameSync(at('gone'), at('drive'));
    assert.deepEqual([watch.look(), watch.look()], [[], [at('drive', 'b.jpg')]]);
  });
});
