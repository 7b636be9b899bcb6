import assert from 'node:assert/strict';
import path from 'node:path';
import { UsageError, type Flag } from '../../src/cli/flag.js';
import { COMMON, Given, readLine } from '../../src/cli/given.js';
import { nearest } from '../../src/cli/nearest.js';

const cwd = path.resolve('/home');
const flags: Flag[] = [
  { name: 'epochs', value: 'N', help: 'passes' },
  { name: 'out', value: 'FOLDER', help: 'where' },
  { name: 'json', help: 'for programs' },
];
const read = (...args: string[]) => readLine(args, flags);
const refused = (call: () => unknown): UsageError => {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error;
  }
  throw new Error('was taken');
};

describe('a command line', () => {
  it('is cut into a command, words and flags, wherever they stand', () => {
    const expected = {
      command: 'train',
      words: ['faces', 'more'],
      flags: [
        { name: 'epochs', value: '7' },
        { name: 'json', value: undefined },
      ],
    };
    for (const args of [
      ['train', 'faces', 'more', '--epochs', '7', '--json'],
      ['--epochs', '7', 'train', '--json', 'faces', 'more'],
      ['--epochs=7', '--json', 'train', 'faces', 'more'],
      ['train', '--epochs=7', 'faces', '--json', '--', 'more'],
    ])
      assert.deepEqual(read(...args), expected, args.join(' '));
    assert.deepEqual(read(), { command: undefined, words: [], flags: [] });
  });

  it('keeps unknown flags for the command to judge, and every one of those that come twice', () => {
    assert.deepEqual(read('--colour', '--epochs', '1', '--epochs', '2').flags, [
      { name: 'colour', value: undefined },
      { name: 'epochs', value: '1' },
      { name: 'epochs', value: '2' },
    ]);
    assert.deepEqual(read('--colour=red').flags, [{ name: 'colour', value: 'red' }]);
    assert.deepEqual(
      read('-hv').flags.map(({ name }) => name),
      COMMON.map(({ name }) => name),
    );
  });

  it('takes a number below zero, a dash and what follows an equals sign for values', () => {
    for (const [args, value] of [
      [['--epochs', '-1'], '-1'],
      [['--epochs', '-.5'], '-.5'],
      [['--epochs=-x'], '-x'],
      [['--epochs='], ''],
      [['--epochs', ''], ''],
      [['--out', 'a=b'], 'a=b'],
    ] as const)
      assert.equal(read('train', ...args).flags[0]?.value, value, args.join(' '));
  });

  it('refuses a flag without its value and a switch with one, and knows whose help tells more', () => {
    for (const [args, says] of [
      [['--epochs'], '--epochs needs a value: --epochs N.'],
      [['--epochs', '--json'], '--epochs needs a value: --epochs N.'],
      [['--out', '-x'], '--out needs a value: --out FOLDER.'],
      [['--json=yes'], '--json is a switch and takes no value.'],
      [['--help=yes'], '--help is a switch and takes no value.'],
    ] as const) {
      const { message, command } = refused(() => read('train', ...args));
      assert.deepEqual([message, command], [says, 'train']);
      assert.equal(refused(() => read(...args)).command, undefined, 'no command was named');
    }
  });
});

describe('what stands behind a command', () => {
  const given = (words: string[], values: Record<string, string | true> = {}) =>
    new Given(words, new Map(Object.entries(values)), cwd);

  it('is a value, a switch or nothing', () => {
    const values = given([], { epochs: '7', json: true });
    assert.ok(values.has('json') && values.has('epochs') && !values.has('out'));
    assert.deepEqual([values.value('epochs'), values.value('json'), values.value('out')], ['7', true, undefined]);
  });

  it('has paths from where the user is', () => {
    const values = given([], { out: 'runs/a', list: path.resolve('/l.txt'), json: true });
    assert.equal(values.path('out'), path.join(cwd, 'runs', 'a'));
    assert.equal(values.path('list'), path.resolve('/l.txt'));
    assert.equal(values.path('json'), undefined, 'a switch is no path');
    assert.equal(values.path('none'), undefined);
  });

  it('is about one thing, or about none', () => {
    assert.equal(given(['faces']).only('Name it.'), path.join(cwd, 'faces'));
    assert.equal(refused(() => given([]).only('Name it.')).message, 'Name it.');
    assert.match(refused(() => given(['a', 'b']).only('Name it.')).message, /“b”/);
    given([]).none();
    assert.match(refused(() => given(['x']).none()).message, /“x”/);
  });
});

describe('the nearest name', () => {
  const names = ['epochs', 'batch', 'size', 'seed', 'split', 'split-by', 'no-measure'];

  it('is one that few letters tell apart: left out, added, changed or swapped', () => {
    for (const [text, name] of [
      ['epoch', 'epochs'],
      ['epochss', 'epochs'],
      ['bacth', 'batch'],
      ['bxtch', 'batch'],
      ['szie', 'size'],
      ['ize', 'size'],
      ['nomeasure', 'no-measure'],
      ['epochs', 'epochs'],
    ] as const)
      assert.equal(nearest(text, names), name, text);
  });

  it('may be one that begins so, however long it is', () => {
    assert.equal(nearest('no-', names), 'no-measure');
    assert.equal(nearest('split-', names), 'split-by');
    assert.equal(nearest('no', names), undefined, 'two letters are too few');
  });

  it('is the nearer one of two, and none where all are far', () => {
    assert.equal(nearest('spli', names), 'split');
    assert.equal(nearest('sed', names), 'seed');
    for (const text of ['colour', 'x', '', 'measures', 'bathtub']) assert.equal(nearest(text, names), undefined, text);
    assert.equal(nearest('epochs', []), undefined);
  });

  it('of a long name may be told apart by a third of its letters', () => {
    assert.equal(nearest('abcdefghi', ['abcdefxyz']), 'abcdefxyz');
    assert.equal(nearest('abcdefghi', ['abcdewxyz']), undefined);
  });
});
