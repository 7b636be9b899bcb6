import assert from 'node:assert/strict';
import { rateLines } from '../../src/cli/rateLines.js';
import { rateContent } from '../support/panelContent.js';

const { search } = rateContent;

describe('a search for a learning rate at a terminal', () => {
  it('is a table that fits a screen, from the first rate to the last, and the proposal with its reason', () => {
    const lines = rateLines(search);
    const rows = lines.filter((line) => /^ +[\d.e-]+ +\d/.test(line)).map((line) => line.trim().split(/ +/));
    assert.ok(rows.length >= 15 && rows.length <= 21, `${rows.length} rows`);
    assert.deepEqual([rows[0]![0], rows.at(-1)![0]], ['0.000001', '0.25']);
    assert.equal(Number(rows[0]![2]), Number(search.curve[0]!.smoothed.toFixed(4)));
    assert.equal(lines[0], 'MobileNetV2 1.00 128x128, adamw, batches of 64: 90 steps');
    assert.deepEqual(lines.slice(-3), [
      'Proposed learning rate: 0.00081',
      'The loss falls fastest at 0.00081, and is lowest at 0.03. Above 0.25 the loss ran away.',
      'Train with it by --learning-rate 0.00081.',
    ]);
  });

  it('says where the rate was held back from the edge', () => {
    const proposal = { rate: 0.01, steepest: 0.02, lowest: 0.03 };
    assert.match(
      rateLines({ ...search, proposal }).at(-2)!,
      /a third of the rate with the lowest loss, 0\.03; it falls/,
    );
  });

  it('says what to do where nothing is proposed, and that the loss did not run away', () => {
    const [said, why] = rateLines({ ...search, diverged: false, proposal: undefined }).slice(-2);
    assert.match(said!, /^No learning rate is proposed/);
    assert.match(why!, /did not run away up to the largest rate.*Larger batches/);
  });

  it('shows every step of a short search', () => {
    const curve = search.curve.slice(0, 5);
    assert.equal(rateLines({ ...search, curve }).filter((line) => /^ +[\d.e-]+ +\d/.test(line)).length, 5);
  });
});
