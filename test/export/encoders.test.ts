import assert from 'node:assert/strict';
import { requireExportable } from '../../src/export/encoders.js';
import { factsOf, integersOf, type ExportSource } from '../../src/export/exportSource.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { initialValues } from '../../src/graph/networkState.js';
import { EXPORT_FORMATS, formatOf, FORMATS, formatsWith } from '../../src/protocol/exportFormats.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { quantization } from '../../src/protocol/quantizationOptions.js';
import { initialRanges, quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { networkOf } from '../../src/graph/network.js';
import { networkOptionsOf } from '../../src/graph/networkOptions.js';

const network = networkOptionsOf({ size: 32, width: 0.1, pooling: 'max' });
const float = networkOf(network, 3);
const input = {
  width: 32,
  height: 32,
  layout: 'NHWC',
  colour: 'RGB',
  resize: 36,
  scaling: 'x / 127.5 - 1',
  faces: 'aligned',
} as const;
const facts = { version: 2, labels: ['Anna', 'Bo', 'Cy'], input, network: { ...network, name: float.name } } as const;
const source: ExportSource = {
  ...{ float, quantization: undefined, parameters: initialValues(float, 1), batchNormMomentum: 0.99 },
  facts: { ...facts, labels: [...facts.labels] },
};

/** Calibrated by nothing but a range that covers everything: enough to be converted. */
function quantizedSource(): ExportSource {
  const options = quantization.parse({});
  const ranges = [...initialRanges(quantizeGraph(float, options)).keys()].map(
    (name) => [name, Float32Array.of(-8, 8)] as const,
  );
  return { ...source, quantization: options, parameters: new Map([...source.parameters, ...ranges]) };
}

describe('the table of export formats', () => {
  it('offers in the editor only what a format has, and says what a file gives', () => {
    for (const format of FORMATS) {
      const { kinds, precisions, output, layout } = formatOf(format);
      assert.ok(kinds.length > 0 && kinds.every(({ precision }) => precisions.includes(precision)), format);
      const whole = factsOf(source, { format, part: 'classifier' });
      assert.deepEqual([whole.output, whole.input.layout, whole.labels], [output, layout, ['Anna', 'Bo', 'Cy']]);
      const embedding = factsOf(source, { format, part: 'embedding' });
      assert.deepEqual([embedding.output, embedding.input.layout, embedding.labels], ['embedding', layout, []]);
    }
    assert.equal(new Set(FORMATS.map((format) => formatOf(format).ending)).size, FORMATS.length);
  });

  it('takes a network with operations of its own in every format, and refuses those that integers and Keras do not have', () => {
    const b = new GraphBuilder();
    const pool = b.globalAveragePool('pool', b.prelu('prelu', b.conv2d('conv', b.input(32, 32, 3), 4, 3)));
    const graph = b.build('Face', { embedding: pool, scores: b.dense('dense', pool, 3) });
    const face = { ...source, float: graph, parameters: initialValues(graph, 1) };
    for (const format of FORMATS) requireExportable(face, exportOptions.parse({ format }));
    const rim = new GraphBuilder();
    const maxima = rim.maxPool('max', rim.input(32, 32, 3), 3, 2, { top: 1, bottom: 1, left: 1, right: 1 });
    const windows = { ...source, float: rim.build('Windows', { embedding: rim.globalAveragePool('pool', maxima) }) };
    for (const format of FORMATS) {
      const options = exportOptions.parse({ format });
      if (format !== 'tfjs' && format !== 'keras') requireExportable(windows, options);
      else
        assert.throws(() => requireExportable(windows, options), { code: 'not-this-network', message: /rim of max/ });
    }
    for (const format of ['onnx', 'tflite'] as const) {
      const options = exportOptions.parse({ format, precision: 'int8' });
      assert.throws(() => requireExportable(face, options), { code: 'not-quantized' });
      assert.throws(() => requireExportable(windows, options), {
        code: 'not-quantizable',
        message: /cannot be quantized/,
      });
    }
    assert.throws(() => quantizeGraph(windows.float), { code: 'not-quantizable' });
  });

  it('refuses int8 where a format has none, and names those that have it', () => {
    assert.equal(formatsWith('int8'), 'TensorFlow Lite, ONNX or C header for TensorFlow Lite Micro');
    for (const format of FORMATS) {
      const options = exportOptions.parse({ format, precision: 'int8' });
      const code = (EXPORT_FORMATS[format].precisions as readonly string[]).includes('int8')
        ? 'not-quantized'
        : 'not-this-precision';
      assert.throws(() => requireExportable(source, options), { code });
    }
  });

  it('converts a network to integers once, however often it is checked, measured and written', () => {
    const quantized = quantizedSource();
    requireExportable(quantized, exportOptions.parse({ format: 'onnx', precision: 'int8' }));
    assert.equal(integersOf(quantized, 'classifier'), integersOf(quantized, 'classifier'));
    assert.deepEqual(integersOf(quantized, 'embedding').tensors, integersOf(quantized, 'classifier').tensors);
    assert.notEqual(integersOf(quantizedSource(), 'classifier'), integersOf(quantized, 'classifier'));
  });
});
