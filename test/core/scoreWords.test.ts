import assert from 'node:assert/strict';
import { scoreDetail, scoreTitle } from '../../src/core/scoreWords.js';

describe('the words of scores that always name somebody', () => {
  it('name nobody without saying that he is only the most like', () => {
    assert.equal(scoreTitle({ person: 'Anna' }), 'Most like Anna');
    assert.equal(scoreDetail({ probability: 0.987 }), '98.7 %. It names one of its people whoever comes.');
  });

  it('say that it is probably nobody where less than half speaks for the first', () => {
    assert.match(scoreDetail({ probability: 0.499 }), /^49\.9 %: probably nobody it knows\./);
    assert.doesNotMatch(scoreDetail({ probability: 0.5 }), /probably/);
  });
});
