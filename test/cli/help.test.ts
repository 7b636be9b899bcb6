import assert from 'node:assert/strict';
import type { Command } from '../../src/cli/command.js';
import { findCommand, helpCommand, helpOf, overview } from '../../src/cli/commands/help.js';
import { UsageError, type Flag } from '../../src/cli/flag.js';
import { Given } from '../../src/cli/given.js';

const command = (name: string, flags: Flag[] = [], takes = ['<folder>']): Command => ({
  ...{ name, takes, summary: `do what ${name} does`, flags },
  parse: () => undefined,
  run: () => Promise.resolve(0),
});
const commands = [command('paint'), command('mend-it'), command('mix')];
const help = helpCommand(commands);

describe('the help of a command', () => {
  it('shows each way to call it, what it does, and its flags in two columns', () => {
    const text = helpOf(
      command(
        'paint',
        [
          { name: 'colour', value: 'NAME', help: 'red (red)' },
          { name: 'dry', help: 'no paint' },
        ],
        ['<wall>', '--sample'],
      ),
    );
    assert.deepEqual(text.split('\n'), [
      'face-trainer paint <wall>',
      'face-trainer paint --sample',
      '',
      'Do what paint does.',
      '',
      '  --colour NAME  red (red)',
      '  --dry          no paint',
      '  --help         show the options of the command',
      '',
    ]);
    assert.equal(helpOf(command('mix', [], [''])).split('\n')[0], 'face-trainer mix', 'nothing behind the name');
  });

  it('breaks long lines between words, under their column, and loses none', () => {
    const words = Array.from({ length: 60 }, (_, i) => `word-${i}`);
    const lines = helpOf(command('paint', [{ name: 'colour', value: 'NAME', help: words.join(' ') }])).split('\n');
    const own = lines.slice(4, -2);
    assert.ok(own.length > 4);
    for (const line of own) assert.ok(line.length <= 110, line);
    for (const line of own.slice(1)) assert.match(line, /^ {17}word/);
    assert.deepEqual(own.join(' ').match(/word-\d+/g), words);
    // As full as they can be: the first word of the next line would not fit.
    for (const [i, line] of own.slice(0, -1).entries())
      assert.ok(line.length + 1 + own[i + 1]!.trim().split(' ')[0]!.length > 110, line);
  });

  it('keeps a word whole that is longer than a line', () => {
    const long = 'x'.repeat(200);
    const text = helpOf(command('paint', [{ name: 'colour', help: `a ${long} b` }]));
    assert.ok(text.split('\n').some((line) => line.trim() === long));
  });
});

describe('the list of commands', () => {
  it('has each with what it does, in their order', () => {
    const lines = overview(commands).split('\n');
    assert.deepEqual(lines.slice(2, 5), [
      '  paint    do what paint does',
      '  mend-it  do what mend-it does',
      '  mix      do what mix does',
    ]);
    assert.match(lines.at(-2)!, /face-trainer help <command>/);
  });

  it('is what help shows of no command, and of a command its own help', () => {
    const parse = (...words: string[]) => help.parse(new Given(words, new Map(), '/'));
    assert.equal(parse(), undefined);
    assert.equal(parse('mix'), commands[2]);
    assert.equal(parse('help'), help, 'help of help');
    assert.throws(() => parse('mix', 'paint'), new UsageError('Unexpected argument “paint”: one command is enough.'));
    assert.throws(() => parse('mxi'), new UsageError('There is no command “mxi”. Did you mean “mix”?'));
  });

  it('is searched by the whole name', () => {
    assert.equal(findCommand('mix', commands), commands[2]);
    for (const [name, says] of [
      ['mend', 'There is no command “mend”. Did you mean “mend-it”?'],
      ['Mix', 'There is no command “Mix”. Did you mean “mix”?'],
      ['constructor', 'There is no command “constructor”.'],
      ['', 'There is no command “”.'],
    ] as const)
      assert.throws(() => findCommand(name, commands), new UsageError(says));
  });
});
