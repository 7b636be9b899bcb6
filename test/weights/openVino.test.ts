import assert from 'node:assert/strict';
import fs from 'node:fs';
import { UserError } from '../../src/core/userError.js';
import { inputOf, parameterCount, type Node } from '../../src/graph/graph.js';
import { Constants, fromHalf } from '../../src/weights/openVino/constants.js';
import { readOpenVino, type OpenVinoNetwork } from '../../src/weights/openVino/readOpenVino.js';
import { constant, window, writeIr, type TestLayer } from '../support/openVinoIr.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

const input: TestLayer = {
  name: 'x',
  type: 'Parameter',
  data: { shape: '1,3,4,4', element_type: 'f32' },
  shape: [1, 3, 4, 4],
};
const result = (name: string): TestLayer => ({ name: 'y/sink', type: 'Result', inputs: [name] });
const count = (n: number, from = 0) => Array.from({ length: n }, (_, i) => i + from);

/** Scaled pixels, a convolution with a bias, a slope. */
const small: readonly TestLayer[] = [
  input,
  constant('scale', [1, 3, 1, 1], [2, 3, 4]),
  { name: 'scaled', type: 'Multiply', inputs: ['x', 'scale'], shape: [1, 3, 4, 4] },
  constant('shift', [1, 3, 1, 1], [-1, -2, -3]),
  { name: 'shifted', type: 'Add', inputs: ['scaled', 'shift'], shape: [1, 3, 4, 4] },
  constant('kernel', [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]),
  {
    name: 'conv/WithoutBiases',
    type: 'Convolution',
    data: window(1, 0),
    inputs: ['shifted', 'kernel'],
    shape: [1, 2, 4, 4],
  },
  constant('bias', [1, 2, 1, 1], [7, 8]),
  { name: 'conv', type: 'Add', inputs: ['conv/WithoutBiases', 'bias'], shape: [1, 2, 4, 4] },
  constant('slope', [1], [0.25]),
  { name: '12', type: 'PReLU', inputs: ['conv', 'slope'], shape: [1, 2, 4, 4] },
];

function read(layers: readonly TestLayer[], colours: 'RGB' | 'BGR' = 'RGB'): OpenVinoNetwork {
  return readOpenVino(writeIr(folder(), layers), { name: 'test', colours });
}

const ops = ({ graph }: OpenVinoNetwork) => graph.nodes.map(({ op, name }) => `${op} ${name}`);
const values = ({ parameters }: OpenVinoNetwork, name: string) => [...parameters.get(name)!];
const node = <Op extends Node['op']>({ graph }: OpenVinoNetwork, op: Op) =>
  graph.nodes.find((one): one is Extract<Node, { op: Op }> => one.op === op)!;

/** `small` with a layer behind it. */
const then = (...more: readonly TestLayer[]) => [...small, ...more, result(more.at(-1)!.name)];

describe('readOpenVino', () => {
  it('makes one node of a convolution and its bias, and data of the input of what scales it', () => {
    const network = read([...small, result('12')]);
    assert.deepEqual(ops(network), ['input input', 'conv2d conv', 'prelu prelu_12']);
    assert.deepEqual(inputOf(network.graph).scaling, { scale: [2, 3, 4], shift: [-1, -2, -3] });
    // [Cout, Cin, 1, 1] becomes [1, 1, Cin, Cout].
    assert.deepEqual(values(network, 'conv/kernel'), [1, 4, 2, 5, 3, 6]);
    assert.deepEqual(values(network, 'conv/bias'), [7, 8]);
    assert.deepEqual(values(network, 'prelu_12/alpha'), [0.25, 0.25]);
    assert.equal(network.graph.outputs.embedding, 'prelu_12');
    assert.equal(parameterCount(network.graph), 6 + 2 + 2);
  });

  it('turns a network of BGR round, so that it reads RGB', () => {
    const network = read([...small, result('12')], 'BGR');
    assert.deepEqual(inputOf(network.graph).scaling, { scale: [4, 3, 2], shift: [-3, -2, -1] });
    assert.deepEqual(values(network, 'conv/kernel'), [3, 6, 2, 5, 1, 4]);
    const pooled = {
      name: 'pool',
      type: 'MaxPool',
      data: { ...window(2, 0), kernel: '2, 2' },
      inputs: ['x'],
      shape: [1, 3, 2, 2],
    };
    assert.throws(() => read([input, pooled, result('pool')], 'BGR'), /read by other than convolutions/);
  });

  it('orders kernels, and pads as the file says where that is not TensorFlow’s SAME', () => {
    const kernel = constant('k', [1, 2, 2, 2], count(8));
    const conv = (data: Record<string, string>, side: number): TestLayer[] => [
      kernel,
      { name: 'c', type: 'Convolution', data, inputs: ['12', 'k'], shape: [1, 1, side, side] },
    ];
    // SAME puts the odd zero behind.
    const same = read(then(...conv(window(1, 0, 1), 4)));
    const [, , , last] = same.graph.nodes;
    assert.ok(last?.op === 'conv2d' && last.padding === undefined && last.bias === undefined);
    assert.deepEqual(values(same, 'c/kernel'), [0, 4, 1, 5, 2, 6, 3, 7]);
    const before = read(then(...conv(window(1, 1, 0), 4))).graph.nodes[3];
    assert.deepEqual(before?.op === 'conv2d' && before.padding, { top: 1, bottom: 0, left: 1, right: 0 });
    const valid = read(then(...conv(window(1, 0), 3))).graph.nodes[3];
    assert.deepEqual(valid?.op === 'conv2d' && [valid.padding, valid.shape], [
      { top: 0, bottom: 0, left: 0, right: 0 },
      [3, 3, 1],
    ]);
  });

  it('knows depthwise convolutions, means of a whole map, dense layers, factors and parts side by side', () => {
    const network = read(
      then(
        constant('dk', [2, 1, 1, 2, 2], count(8)),
        { name: 'd', type: 'GroupConvolution', data: window(1, 0), inputs: ['12', 'dk'], shape: [1, 2, 3, 3] },
        {
          name: 'mean',
          type: 'AvgPool',
          data: { ...window(3, 0), kernel: '3, 3' },
          inputs: ['d'],
          shape: [1, 2, 1, 1],
        },
        constant('fk', [2, 2, 1, 1], count(4)),
        { name: 'f', type: 'Convolution', data: window(1, 0), inputs: ['mean', 'fk'], shape: [1, 2, 1, 1] },
        { name: 's', type: 'Sigmoid', inputs: ['f'], shape: [1, 2, 1, 1] },
        // The factors may stand first.
        { name: 'm', type: 'Multiply', inputs: ['s', 'd'], shape: [1, 2, 3, 3] },
        { name: 'r', type: 'ReLU', inputs: ['m'], shape: [1, 2, 3, 3] },
        { name: 'a', type: 'Add', inputs: ['r', 'd'], shape: [1, 2, 3, 3] },
        { name: 'c', type: 'Concat', data: { axis: '1' }, inputs: ['a', 'd', 'r'], shape: [1, 6, 3, 3] },
      ),
    );
    const expected =
      'depthwiseConv2d d, globalAveragePool mean, dense f, sigmoid s, multiply m, prelu r, add a, concat c, concat c_2';
    assert.equal(ops(network).slice(3).join(', '), expected);
    assert.deepEqual(values(network, 'd/depthwise_kernel'), [0, 4, 1, 5, 2, 6, 3, 7]);
    assert.deepEqual(values(network, 'f/kernel'), [0, 2, 1, 3]);
    assert.deepEqual(values(network, 'f/bias'), [0, 0]);
    assert.equal(node(network, 'multiply').input, 'd');
    const spec = network.graph.parameters.find(({ name }) => name === 'r/alpha');
    assert.deepEqual([spec?.trainable, values(network, 'r/alpha')], [false, [0, 0]]);
  });

  it('makes a batch norm of a factor and a sum for each channel behind anything else, and keeps what others read too', () => {
    const factor = constant('g', [1, 2, 1, 1], [3, 4]);
    const sum = constant('b', [2, 1, 1], [5, 6]);
    const scaled: TestLayer = { name: 'g*', type: 'Multiply', inputs: ['12', 'g'], shape: [1, 2, 4, 4] };
    const shifted: TestLayer = { name: 'b+', type: 'Add', inputs: ['b', 'g*'], shape: [1, 2, 4, 4] };
    const one = read(then(factor, sum, scaled, shifted));
    assert.deepEqual(ops(one).slice(3), ['batchNorm b_']);
    const statistics = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((what) => values(one, `b_/${what}`));
    assert.deepEqual(
      [node(one, 'batchNorm').epsilon, statistics],
      [
        0,
        [
          [3, 4],
          [5, 6],
          [0, 0],
          [1, 1],
        ],
      ],
    );
    const both: TestLayer = { name: 'both', type: 'Add', inputs: ['g*', 'b+'], shape: [1, 2, 4, 4] };
    const two = read(then(factor, sum, scaled, shifted, both));
    assert.deepEqual(ops(two).slice(3), ['batchNorm g_', 'batchNorm b_', 'add both']);
    assert.deepEqual(
      [values(two, 'g_/beta'), values(two, 'b_/gamma')],
      [
        [0, 0],
        [1, 1],
      ],
    );
  });

  it('rounds a pool’s windows up by padding behind the map', () => {
    const pool = (rounding: string, side: number): TestLayer => ({
      ...{ name: 'p', type: 'MaxPool', inputs: ['12'], shape: [1, 2, side, side] },
      data: { ...window(2, 0), kernel: '3, 3', rounding_type: rounding },
    });
    const up = node(read(then(pool('ceil', 2))), 'maxPool');
    assert.deepEqual([up.padding, up.shape], [{ top: 0, left: 0, bottom: 1, right: 1 }, [2, 2, 2]]);
    const down = node(read(then(pool('floor', 1))), 'maxPool');
    assert.deepEqual([down.padding, down.shape], [{ top: 0, left: 0, bottom: 0, right: 0 }, [1, 1, 2]]);
  });

  it('reads FP16 as it is', () => {
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x83ff, 0x0000, 0x3555];
    const expected = [1, -2, 65504, 2 ** -24, -1023 * 2 ** -24, 0, 0.333251953125];
    assert.deepEqual(bits.map(fromHalf), expected);
    assert.deepEqual([0x7c00, 0xfc00, 0x7e00].map(fromHalf), [Infinity, -Infinity, NaN]);
  });
});

describe('readOpenVino of a file that somebody damaged', () => {
  /** The files of `small`, and their XML with something put in another's place. */
  function damaged(from: string | RegExp, to: string): () => void {
    const files = writeIr(folder(), [...small, result('12')]);
    const xml = fs.readFileSync(files.xml, 'utf8');
    const changed = xml.replace(from, to);
    assert.notEqual(changed, xml, `${from} is not in the file`);
    fs.writeFileSync(files.xml, changed);
    return () => readOpenVino(files, { name: 'test', colours: 'RGB' });
  }
  const cases: readonly (readonly [what: string, from: string | RegExp, to: string, message: RegExp])[] = [
    ['no XML', /^.*$/s, 'PNG', /not XML/],
    ['a cut file', /<edges>.*$/s, '', /not XML/],
    ['a DTD', '<net', '<!DOCTYPE net [<!ENTITY a "b">]><net', /DTD/],
    ['an unknown entity', 'name="test"', 'name="&a;"', /not XML/],
    ['elements without end', '<layers>', '<a>'.repeat(20), /too large/],
    ['another version', 'version="11"', 'version="7"', /its version is 7/],
    ['two layers of one id', 'id="1"', 'id="0"', /two layers have the id 0/],
    ['an edge from nowhere', 'from-layer="0"', 'from-layer="99"', /nothing leads to an input of layer 2/],
    ['another output', 'from-layer="0" from-port="0"', 'from-layer="0" from-port="1"', /another output of layer 0/],
    ['two edges to one input', 'to-layer="2" to-port="1"', 'to-layer="2" to-port="0"', /same input of layer 2/],
    [
      'a cycle',
      'from-layer="0" from-port="0" to-layer="2"',
      'from-layer="4" from-port="2" to-layer="2"',
      /leads to itself/,
    ],
    ['a place outside the file', 'offset="0"', 'offset="9999999999"', /outside the .bin/],
    ['a negative place', 'offset="0"', 'offset="-4"', /offset of constant 1 is “-4”/],
    ['a wrong size', 'size="12"', 'size="8"', /8 bytes for \[1, 3, 1, 1\]/],
    ['a shape beyond its bytes', 'shape="2, 3, 1, 1"', 'shape="2, 3, 1000, 1000"', /constant 5 has 24 bytes/],
    ['a kernel for other channels', 'shape="2, 3, 1, 1"', 'shape="3, 2, 1, 1"', /kernel of layer 6/],
    [
      'an unknown type of number',
      'element_type="f32" shape="1, 3, 1, 1"',
      'element_type="u4" shape="1, 3, 1, 1"',
      /“u4”/,
    ],
    ['an unknown layer', 'type="PReLU"', 'type="Loop"', /type “Loop”/],
    ['a picture too large', 'shape="1,3,4,4"', 'shape="1,3,9999999,4"', /would be/],
    ['maps of another size than it says', 'shape="1,3,4,4"', 'shape="1,3,6,6"', /not \[1, 3, 4, 4\]/],
    ['two colours', 'shape="1,3,4,4"', 'shape="1,2,4,4"', /input is not/],
    ['padding beyond the kernel', 'pads_begin="0, 0"', 'pads_begin="5, 5"', /more than its kernel/],
    ['a dilation', 'dilations="1, 1"', 'dilations="2, 2"', /dilation/],
    ['no output', 'type="Result"', 'type="Sigmoid"', /0 outputs/],
  ];
  for (const [what, from, to, message] of cases)
    it(`refuses ${what}`, () => {
      const act = damaged(from, to);
      assert.throws(act, (error: unknown) => {
        assert.ok(error instanceof UserError, String(error));
        assert.equal(error.code, 'weights-unreadable');
        assert.match(error.message, message);
        assert.match(error.message, /“net.xml” cannot be read/);
        return true;
      });
    });

  it('refuses values that are not finite, and more values than a machine should hold for a small file', () => {
    const nan = [...small.slice(0, -2), constant('slope', [1], [NaN]), small.at(-1)!, result('12')];
    assert.throws(() => read(nan), /not finite/);
    // Layer after layer may name the same place.
    const layer = { id: '1', name: 'k', type: 'Const', shape: [2], inputs: [] };
    const data = new Map([
      ['element_type', 'f16'],
      ['shape', '2'],
      ['offset', '0'],
      ['size', '4'],
    ]);
    const constants = new Constants(new Uint8Array(4), 5);
    for (let i = 0; i < 2; i++) assert.deepEqual([...constants.of({ ...layer, data }).values], [0, 0]);
    assert.throws(() => constants.of({ ...layer, data }), /too many values/);
  });

  it('says so where a file is absent or a folder', () => {
    const files = writeIr(folder(), [...small, result('12')]);
    const reading = { name: 'test', colours: 'RGB' } as const;
    assert.throws(() => readOpenVino({ ...files, bin: `${files.bin}.no` }, reading), /“net.bin.no” cannot be read/);
    assert.throws(() => readOpenVino({ ...files, xml: folder() }, reading), /it is no file/);
  });
});
