import assert from 'node:assert/strict';
import type { Dataset } from '../../src/dataset/dataset.js';
import { UserError } from '../../src/core/userError.js';
import type { Batch } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { quantizersOf } from '../../src/quantization/quantizers.js';
import { answerOf, integerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { runIntegers } from '../../src/quantization/interpreter/interpreter.js';
import { quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { layerSensitivity } from '../../src/training/quantization/sensitivity.js';
import { quantizedNetwork } from '../support/quantizedNetwork.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const SIZE = 96;

const WHAT = 'the integer interpreter on real weights and pictures';

withShared(WHAT, [sharedPaths.wild, sharedPaths.weights05], () => {
  describe(WHAT, function () {
    this.timeout(240_000);
    const folder = scratchFolder();
    let dataset: Dataset;
    let float: Graph;
    let graph: Graph;
    let values: Map<string, Float32Array>;
    let validation: Batch[];

    before(async () => {
      ({ dataset, float, graph, values, validation } = await quantizedNetwork(SIZE, folder()));
    });

    after(() => dataset.source.close());

    it('with every quantizer off the folded network is the float one, within 1e-4', async () => {
      for (const name of ['native', 'tensorflow'] as const) {
        const { engine } = await selectEngine({ engine: name, threads: 2 });
        const [a, b] = [engine.createSession(float, values), engine.createSession(graph, values)];
        for (const batch of validation.slice(0, name === 'native' ? undefined : 1)) {
          const [x, y] = [(await a.evaluate(batch)).outputs.scores!, (await b.evaluate(batch)).outputs.scores!];
          const norm = Math.hypot(...x);
          const off = Math.hypot(...x.map((value, i) => value - y[i]!));
          assert.ok(off < 1e-4 * norm, `${name}: ${off / norm}`);
        }
        for (const session of [a, b]) session.dispose();
      }
    });

    it('agrees with the simulated network in every integer of every logit, on all validation pictures', async () => {
      const network = integerNetwork(graph, values);
      const out = network.tensors[answerOf(network)]!;
      const { engine } = await selectEngine({ engine: 'native', threads: 2 });
      const session = engine.createSession(graph, values);
      const active = new Uint8Array(quantizersOf(graph).length).fill(1);
      let compared = 0;
      const seen = new Set<number>();
      for (const batch of validation) {
        const logits = (await session.evaluate(batch, { quantization: { active } })).outputs.scores!;
        runIntegers(network, batch.images as Uint8Array).forEach((q, i) => {
          assert.equal(q, Math.round(logits[i]! / out.scale) + out.zeroPoint, `logit ${i}`);
          compared++;
          seen.add(q);
        });
      }
      assert.ok(compared === dataset.split.validation.length * 158 && seen.size > 50, `${compared} ${seen.size}`);
      session.dispose();
    });

    it('stays near the network in float, which rounding changes but does not replace', async () => {
      const { engine } = await selectEngine({ engine: 'native', threads: 2 });
      const session = engine.createSession(graph, values);
      const quantizers = quantizersOf(graph);
      const batch = validation[0]!;
      const exact = (await session.evaluate(batch)).outputs.scores!;
      const off = async (active: Uint8Array) => {
        const logits = (await session.evaluate(batch, { quantization: { active } })).outputs.scores!;
        return Math.hypot(...logits.map((x, i) => x - exact[i]!)) / Math.hypot(...exact);
      };
      const all = await off(new Uint8Array(quantizers.length).fill(1));
      const kernels = await off(Uint8Array.from(quantizers, ({ kind }) => Number(kind === 'weights')));
      assert.ok(kernels > 1e-3 && kernels < all && all < 0.6, `${kernels} ${all}`);
      const { layers } = await layerSensitivity(graph, session, [batch], () => Promise.resolve());
      assert.equal(layers.length, 53);
      assert.ok(
        layers.every(({ lossIncrease }) => Number.isFinite(lossIncrease)) && layers.some(({ changed }) => changed > 0),
      );
      session.dispose();
    });

    it('refuses what has no int8 form, by name', () => {
      const refused = (made: Graph, changed = values) => {
        try {
          integerNetwork(made, changed);
        } catch (error) {
          assert.ok(error instanceof UserError && error.code === 'not-integer');
          return error.message;
        }
        throw new Error('it was accepted');
      };
      assert.match(refused(quantizeGraph(float, { weightBits: 8, floatLayers: ['block_3_expand'] })), /block_3_expand/);
      assert.match(refused(quantizeGraph(float, { weightBits: 4, floatLayers: [] })), /4 bits/);
      assert.match(
        refused(graph, new Map([...values, ['Conv1_relu/range', new Float32Array(2)]])),
        /nothing but zeros/,
      );
      assert.match(refused(float), /left in float/);
    });
  });
});
