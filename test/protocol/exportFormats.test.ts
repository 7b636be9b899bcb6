import assert from 'node:assert/strict';
import { FORMATS, formatOf, formatsWith } from '../../src/protocol/exportFormats.js';
import { exportOptions, namedFile, usualName } from '../../src/protocol/exportOptions.js';

const PRECISIONS = ['float32', 'int8'] as const;
const PARTS = ['classifier', 'embedding'] as const;
const rows = FORMATS.map((name) => ({ name, format: formatOf(name) }));
const kinds = rows.flatMap(({ name, format }) => format.kinds.map((kind) => ({ name, kind })));

describe('the formats of exports', () => {
  it('are these, each with the ending that programs know it by', () => {
    assert.deepEqual(
      rows.map(({ name, format }) => [name, format.ending]),
      [
        ['tflite', '.tflite'],
        ['onnx', '.onnx'],
        ['tfjs', '/model.json'],
        ['keras', '.h5'],
        ['c', '.h'],
      ],
    );
    for (const { format } of rows) assert.match(format.ending, /^(\/\w+)?\.[a-z0-9]+$/);
  });

  it('have float32, and int8 where an integer runtime reads them', () => {
    for (const { name, format } of rows) {
      assert.ok(format.precisions.includes('float32'), name);
      assert.equal(new Set(format.precisions).size, format.precisions.length, name);
    }
    const integer = rows.filter(({ format }) => format.precisions.includes('int8')).map(({ name }) => name);
    assert.deepEqual(integer, ['tflite', 'onnx', 'c']);
  });

  it('end with a softmax where a model can be trained further, and before it elsewhere', () => {
    const probabilities = rows.filter(({ format }) => format.output === 'probabilities').map(({ name }) => name);
    assert.deepEqual(probabilities, ['tfjs', 'keras']);
    // A softmax is not what an int8 file can hold: its output would be rounded to 256 steps between 0 and 1.
    for (const { format } of rows)
      if (format.precisions.includes('int8')) assert.equal(format.output, 'logits', format.name);
  });

  it('have channels last but for ONNX', () => {
    const first = rows.filter(({ format }) => format.layout === 'NCHW').map(({ name }) => name);
    assert.deepEqual(first, ['onnx']);
    assert.match(formatOf('onnx').use, /\[batch, 3, height, width\]/, 'and its model card says so');
  });

  it('are all read back but for source code', () => {
    assert.deepEqual(
      rows.filter(({ format }) => !format.readable).map(({ name }) => name),
      ['c'],
    );
  });

  it('are told apart by name, and used as a sentence says', () => {
    assert.equal(new Set(rows.map(({ format }) => format.name)).size, rows.length);
    for (const { format } of rows) {
      assert.match(format.use, /\.$/, format.name);
      assert.equal((format.use.match(/`/g)?.length ?? 0) % 2, 0, `${format.name}: code that is not closed`);
    }
  });

  it('are named in one breath for a message, in the order of the table', () => {
    assert.equal(formatsWith('int8'), 'TensorFlow Lite, ONNX or C header for TensorFlow Lite Micro');
    assert.equal(
      formatsWith('float32'),
      'TensorFlow Lite, ONNX, TensorFlow.js LayersModel, Keras weights or C header for TensorFlow Lite Micro',
    );
  });
});

describe('the kinds of file that the editor offers', () => {
  it('are told apart, in words that end in no full stop', () => {
    assert.equal(new Set(kinds.map(({ kind }) => kind.label)).size, kinds.length);
    assert.equal(new Set(kinds.map(({ kind }) => kind.detail)).size, kinds.length);
    for (const { kind } of kinds) for (const words of [kind.label, kind.detail]) assert.match(words, /^[A-Za-z].*\w$/);
  });

  it('are what the format has, and every precision of every format', () => {
    for (const { name, format } of rows) {
      const offered = new Set(format.kinds.map(({ precision }) => precision));
      assert.deepEqual([...offered].sort(), [...format.precisions].sort(), name);
    }
  });

  it('say what goes in and comes out where that is not float anyway', () => {
    for (const { kind } of kinds) {
      assert.equal(kind.io !== undefined, kind.precision === 'int8', kind.label);
      assert.ok(exportOptions.safeParse({ precision: kind.precision, io: kind.io }).success, kind.label);
      if (kind.precision === 'int8') assert.match(kind.label, /int8/);
      if (kind.io === 'float32') assert.match(kind.detail, /float32 input and output/);
    }
    const lite = formatOf('tflite').kinds.filter(({ precision }) => precision === 'int8');
    assert.deepEqual(
      lite.map(({ io }) => io),
      ['int8', 'float32'],
    );
  });

  it('are different exports', () => {
    const exports = kinds.map(({ name, kind }) => [name, kind.precision, kind.io].join());
    assert.equal(new Set(exports).size, exports.length);
  });
});

describe('the options of an export', () => {
  it('are a float32 classifier for TensorFlow Lite where nobody says otherwise', () => {
    assert.deepEqual(exportOptions.parse({}), { format: 'tflite', precision: 'float32', part: 'classifier' });
  });

  it('are known names only', () => {
    for (const [field, values] of Object.entries({
      format: ['pt', 'ONNX', '', 1, null],
      precision: ['int4', 'float16', 'INT8', 8, null],
      io: ['uint8', 'int4', '', true, null],
      part: ['tail', 'Embedding', '', null],
    }))
      for (const value of values) {
        const { error } = exportOptions.safeParse({ [field]: value });
        assert.deepEqual(error?.issues[0]?.path, [field], JSON.stringify(value));
      }
  });
});

describe('the name of an exported file', () => {
  const every = FORMATS.flatMap((format) =>
    PRECISIONS.flatMap((precision) => PARTS.map((part) => exportOptions.parse({ format, precision, part }))),
  );

  it('has checkpoint, part and precision, with the ending of its format', () => {
    const name = (more: object) => usualName('epoch-0003', exportOptions.parse(more));
    assert.equal(name({}), 'epoch-0003-float32.tflite');
    assert.equal(name({ precision: 'int8' }), 'epoch-0003-int8.tflite');
    assert.equal(name({ format: 'onnx', precision: 'int8', part: 'embedding' }), 'epoch-0003-embedding-int8.onnx');
    assert.equal(name({ format: 'tfjs' }), 'epoch-0003-float32/model.json');
    assert.equal(name({ format: 'keras', part: 'embedding' }), 'epoch-0003-embedding-float32.h5');
    assert.equal(name({ format: 'c', precision: 'int8' }), 'epoch-0003-int8.h');
  });

  it('is another one for every format, precision and part, also without regard to upper and lower case', () => {
    const names = every.map((options) => usualName('e', options).toLowerCase());
    assert.equal(new Set(names).size, every.length);
    // A folder and a file of the same name cannot lie beside each other.
    assert.equal(new Set(names.map((name) => name.split('/')[0])).size, every.length);
  });

  it('that is usual is kept when it is given', () => {
    for (const options of every) {
      const usual = `/exports/${usualName('epoch-0003', options)}`;
      assert.equal(namedFile(usual, options), usual);
    }
  });

  it('that a user gives is kept, whatever it ends with', () => {
    for (const format of ['tflite', 'onnx', 'keras', 'c'] as const)
      for (const named of ['door', 'door.bin', 'a.b/door', 'door.json', 'door.H5'])
        assert.equal(namedFile(named, { format }), named, format);
  });

  it('is that of the main file where the user names the folder of a format', () => {
    for (const [named, file] of [
      ['door', 'door/model.json'],
      ['door.v2', 'door.v2/model.json'],
      ['a.json/door', 'a.json/door/model.json'],
      ['door/model.json', 'door/model.json'],
      ['door/other.json', 'door/other.json'],
      ['jsons', 'jsons/model.json'],
    ] as const)
      assert.equal(namedFile(named, { format: 'tfjs' }), file);
  });
});
