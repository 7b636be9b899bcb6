import assert from 'node:assert/strict';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { JOBS, trainerCommand, trainerMessage } from '../../src/protocol/jobs.js';
import { forgetting, PERSONAL_KINDS, personalPlace } from '../../src/protocol/personalData.js';
import { GOOD_FORGETTING, GOOD_PLACE } from './jobMessages.js';

const protocol = PROTOCOL_VERSION;

describe('what is told of personal data', () => {
  it('is a place of a known kind, with its size', () => {
    for (const kind of PERSONAL_KINDS) assert.equal(personalPlace.parse({ ...GOOD_PLACE, kind }).kind, kind);
    for (const wrong of [{ kind: 'photo' }, { bytes: -1 }, { files: 0.5 }, { path: undefined }, { id: 7 }])
      assert.ok(!personalPlace.safeParse({ ...GOOD_PLACE, ...wrong }).success, JSON.stringify(wrong));
  });

  it('is a forgetting with or without what follows the change', () => {
    const { search, evidence, code, ...found } = GOOD_FORGETTING;
    assert.deepEqual(forgetting.parse({ ...found, search, evidence, code }), GOOD_FORGETTING);
    assert.equal(forgetting.parse(found).search, undefined);
    for (const wrong of [{ traces: [{}] }, { done: 'yes' }, { pictures: [1] }, { search: { hits: [] } }])
      assert.ok(!forgetting.safeParse({ ...GOOD_FORGETTING, ...wrong }).success, JSON.stringify(wrong));
  });

  it('is asked for without a wish to change anything unless that is said', () => {
    const order = { type: 'forget', protocol, folders: [], dataset: '/d', person: 'Anna', change: false };
    const wish = JOBS.forget.order.parse(order);
    assert.deepEqual([wish.pictures, wish.networks], [false, 'keep']);
    for (const wrong of [{ person: '' }, { networks: 'zero' }, { change: undefined }, { pictures: 'yes' }])
      assert.ok(!trainerCommand.safeParse({ ...order, ...wrong }).success, JSON.stringify(wrong));
    const nothing = { type: 'deletePersonal', protocol, folders: [], ids: [] };
    assert.ok(!trainerCommand.safeParse(nothing).success, 'nothing to remove');
  });

  it('comes back as the last word of its job', () => {
    const words = [
      { type: 'personalListed', places: [GOOD_PLACE] },
      { type: 'personalDeleted', removed: [GOOD_PLACE], left: [] },
      { type: 'forgotten', forgetting: GOOD_FORGETTING },
    ];
    for (const word of words) assert.deepEqual(trainerMessage.parse(word), word);
  });
});
