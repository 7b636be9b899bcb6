import assert from 'node:assert/strict';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { ENGINE_NAMES } from '../../src/protocol/engines.js';
import { nativeAddonFile } from '../../src/platform/nativeAddon.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

describe('selectEngine', function () {
  this.timeout(60_000);
  let cache: string | undefined;
  // Nothing is set up in an empty cache.
  beforeEach(() => {
    cache = process.env['FACE_TRAINER_CACHE'];
    process.env['FACE_TRAINER_CACHE'] = folder();
  });
  afterEach(() => {
    if (cache === undefined) Reflect.deleteProperty(process.env, 'FACE_TRAINER_CACHE');
    else process.env['FACE_TRAINER_CACHE'] = cache;
  });

  it('takes the first that is there, and says why it is not the fast one and what to do', async () => {
    assert.deepEqual(ENGINE_NAMES, ['native', 'tensorflow', 'javascript']);
    const native = await selectEngine({ engine: 'auto', threads: 1 }, nativeAddonFile());
    assert.deepEqual([native.engine.name, native.warning], ['native', undefined]);
    const last = await selectEngine({ engine: 'auto', threads: 1 }, folder());
    assert.equal(last.engine.name, 'javascript');
    assert.match(
      last.warning!.message,
      /^The native engine does not load .*, and TensorFlow is not set up.*: training uses the plain JavaScript engine, which is hundreds of times slower\.$/,
    );
    assert.match(last.warning!.advice, /C\+\+ compiler.*Set Up TensorFlow/);
  });

  it('takes the named one without a word, or refuses and says how to get it', async () => {
    const named = await selectEngine({ engine: 'javascript', threads: 1 }, nativeAddonFile());
    assert.deepEqual([named.engine.name, named.warning], ['javascript', undefined]);
    await assert.rejects(selectEngine({ engine: 'native', threads: 1 }, folder()), {
      code: 'engine-unavailable',
      advice: /C\+\+ compiler/,
    });
    await assert.rejects(selectEngine({ engine: 'tensorflow', threads: 1 }, nativeAddonFile()), {
      code: 'engine-unavailable',
      message: /^TensorFlow is not set up/,
      advice: /Set Up TensorFlow/,
    });
  });
});
