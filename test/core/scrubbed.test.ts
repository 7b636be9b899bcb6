import assert from 'node:assert/strict';
import { scrubbed } from '../../src/core/scrubbed.js';

const words = {
  folders: ['/home/maria', '/home/maria/My Pictures', 'C:\\Users\\Maria'],
  names: ['Anna', 'Anna Lena', 'Müller-Lüdenscheidt'],
  program: '/home/maria/.vscode/extensions/face-trainer-1.0',
};

describe('a text that is given away', () => {
  const cases: [text: string, scrubbed: string][] = [
    ['The folder “/home/maria/My Pictures/Anna Lena” is gone.', 'The folder “…” is gone.'],
    ["ENOENT: no such file or directory, open '/data/a b/c.jpg'", "ENOENT: no such file or directory, open '…'"],
    ['the run /srv/runs/20261126-anna cannot be read', 'the run <path> cannot be read'],
    ['/home/maria/My Pictures/Anna/1 2.jpg is damaged', '<path> <picture> is damaged'],
    ['C:\\Users\\Maria\\faces\\Bo\\1.jpg', '<path>'],
    ['Anna Lena and Anna, not Annabel; Müller-Lüdenscheidt.', '<person> and <person>, not Annabel; <person>.'],
    ['Bo/01.jpg (Bo), 01.PNG', '<path> (Bo), <picture>'],
    [
      '    at run (/home/maria/.vscode/extensions/face-trainer-1.0/dist/trainer.js:12:3)',
      '    at run (<program>/dist/trainer.js:12:3)',
    ],
    ['    at node:fs/promises:7, see https://nodejs.org/api', '    at node:fs/promises:7, see https://nodejs.org/api'],
    ['epoch 3, loss 0.123, 12.5 images/s', 'epoch 3, loss 0.123, 12.5 <path>'],
    ['nothing of anybody', 'nothing of anybody'],
  ];
  for (const [text, expected] of cases)
    it(`has no name and no path: ${text}`, () => {
      const told = scrubbed(text, words);
      assert.equal(told, expected);
      for (const secret of ['maria', 'Maria', 'My Pictures', 'Lena', 'Lüdenscheidt', 'srv'])
        assert.ok(!told.includes(secret), told);
    });
});
