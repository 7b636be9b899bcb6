import assert from 'node:assert/strict';
import { UserError } from '../../src/core/userError.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { mobileNetV2 } from '../support/networks.js';
import { initialValues } from '../../src/graph/networkState.js';
import { quantizersOf } from '../../src/quantization/quantizers.js';
import { notFiniteParameters, quantizerTable, troubleOf } from '../../src/quantization/quantizerTable.js';
import { initialRanges, quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { layerQuantizers } from '../../src/training/quantization/sensitivity.js';

const float = mobileNetV2({ size: 64, people: 5, width: 0.35, pooling: 'average', dropout: 0.2 });

describe('quantizeGraph', () => {
  const graph = quantizeGraph(float);
  const quantizers = quantizersOf(graph);

  it('leaves no batch norm, gives each kernel a quantizer and each stored tensor one of its own', () => {
    assert.equal(graph.nodes.filter(({ op }) => op === 'batchNorm').length, 0);
    const count = (kind: string) => quantizers.filter((quantizer) => quantizer.kind === kind).length;
    assert.equal(count('weights'), 53);
    // The input, 52 convolutions, 10 sums and the logits; the pooling shares.
    assert.equal(count('activations'), 1 + 52 + 10 + 1);
    assert.deepEqual(new Set(graph.parameters.slice(0, float.parameters.length)), new Set(float.parameters));
  });

  it('lets the pooling share the quantizer of what it reads', () => {
    const pooled = graph.nodes.find(({ name }) => name === 'global_average_pooling2d/quantized');
    assert.ok(pooled?.op === 'fakeQuant' && pooled.range === 'out_relu/range' && !pooled.observed);
  });

  it('leaves layers in float, kernel and output, and refuses those that do not exist', () => {
    const partly = quantizersOf(quantizeGraph(float, { weightBits: 8, floatLayers: ['Conv1'] }));
    const gone = quantizers.filter(({ parameter }) => !partly.some((other) => other.parameter === parameter));
    assert.deepEqual(gone.map(({ parameter }) => parameter).sort(), ['Conv1/kernel', 'Conv1_relu/range']);
    assert.throws(
      () => quantizeGraph(float, { weightBits: 8, floatLayers: ['Conv7'] }),
      (error) => error instanceof UserError && error.code === 'quantize-layer' && /Conv7/.test(error.message),
    );
    assert.throws(() => quantizeGraph(graph), RangeError);
    const b = new GraphBuilder();
    const embedding = b.batchNorm('norm', b.globalMaxPool('pool', b.input(4, 4, 3)));
    const unfoldable = b.build('unfoldable', { embedding, scores: b.dense('logits', embedding, 2) });
    assert.throws(() => quantizeGraph(unfoldable), /norm cannot be folded/);
  });

  it('tells scale, range and noise of every quantizer, and what quantizes badly', () => {
    const values = new Map([...initialValues(float, 3), ...initialRanges(graph)]);
    const table = quantizerTable(graph, values);
    assert.equal(table.length, quantizers.length);
    assert.deepEqual(table[0], {
      name: 'input',
      kind: 'activations',
      bits: 8,
      channels: 1,
      scale: [1 / 128, 1 / 128],
      zeroPoint: 0,
      range: [-1, 127 / 128],
    });
    for (const row of table.filter(({ kind }) => kind === 'weights')) {
      // A step of 1/127 of a channel's largest value: about 45 dB for even values.
      assert.ok(row.sqnr! > 38 && row.sqnr! < 56, `${row.name}: ${row.sqnr} dB`);
      assert.ok(row.scale[0] > 0 && row.scale[0] <= row.scale[1] && Math.abs(row.scale[1] * 127 - row.range[1]) < 1e-6);
    }
    const four = quantizerTable(quantizeGraph(float, { weightBits: 4, floatLayers: [] }), values);
    assert.ok(four.find(({ kind }) => kind === 'weights')!.sqnr! < 30);

    values.get('Conv1/kernel')!.forEach((_, i, all) => {
      if (i % 16 === 5) all[i] = 0;
    });
    const trouble = troubleOf(graph, values);
    assert.deepEqual(trouble.deadChannels, [{ layer: 'Conv1', channels: 1 }]);
    assert.ok(trouble.emptyRanges.includes('Conv1_relu') && !trouble.emptyRanges.includes('input'));
    values.get('predictions/bias')![1] = NaN;
    assert.deepEqual(notFiniteParameters(values), ['predictions/bias']);
  });

  it('knows which quantizers belong to a layer', () => {
    const layers = layerQuantizers(graph);
    assert.equal(layers.size, 53);
    assert.deepEqual(layers.get('Conv1'), new Set(['Conv1/kernel', 'Conv1_relu/range']));
    assert.deepEqual(layers.get('block_2_project'), new Set(['block_2_project/kernel', 'block_2_project/range']));
  });
});
