import assert from 'node:assert/strict';
import { Random } from '../../../src/core/random.js';
import { createNativeEngine } from '../../../src/engine/native/nativeEngine.js';
import { NativeSession } from '../../../src/engine/native/nativeSession.js';
import { sizeOf, widthOf, type Graph } from '../../../src/graph/graph.js';
import { GraphBuilder, type Value } from '../../../src/graph/graphBuilder.js';
import { initialValues } from '../../../src/graph/networkState.js';
import { nativeAddonFile } from '../../../src/platform/nativeAddon.js';
import { quantizeGraph } from '../../../src/quantization/quantizeGraph.js';
import { quantizersOf } from '../../../src/quantization/quantizers.js';
import { addon, compareWithPlain, randomBatch } from './comparing.js';
import { randomValues } from './randomGraph.js';

/** A body of one convolution, and a dense layer with an output for each person. */
function graphOf(people: number, features = 12): Graph {
  const b = new GraphBuilder();
  const x = b.relu6('relu', b.batchNorm('norm', b.conv2d('conv', b.input(5, 4, 3), features, 3, 2)));
  const embedding = b.globalAveragePool('pool', x);
  return b.build(`${people} people`, { embedding, scores: b.dense('logits', embedding, people) });
}

/** The values of a network of more people, cut to the people of `graph`. */
function columns(graph: Graph, values: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  return new Map(
    graph.parameters.map(({ name, shape }) => {
      const all = values.get(name)!;
      const people = shape.at(-1)!;
      const width = name.startsWith('logits/') ? values.get('logits/bias')!.length : people;
      return [name, sizeOf(shape) === all.length ? all : all.filter((_, i) => i % width < people)];
    }),
  );
}

const SETTINGS = { learningRate: 0.05, batchNormMomentum: 0.9 };

describe('the native engine with many people', function () {
  this.timeout(120_000);

  // 8,192 channels are what a kernel may have; 10,575 people are CASIA-WebFace.
  for (const people of [8192, 8193, 10_575])
    it(`computes the scores and gradients of ${people} people`, async () => {
      const random = Random.fromSeed(people);
      const graph = graphOf(people);
      for (const instructionSet of addon().instructionSets())
        await compareWithPlain(
          graph.name,
          graph,
          randomValues(graph, random),
          randomBatch(graph, random, 3),
          instructionSet,
        );
    });

  it('rounds the scores of many people as those of a few', async () => {
    const random = Random.fromSeed(5);
    const [few, many] = [20, 9000].map((people) => quantizeGraph(graphOf(people)));
    const values = new Map(randomValues(many!, random));
    for (const { kind, parameter } of quantizersOf(many!))
      if (kind === 'activations') values.set(parameter, Float32Array.of(-3, 3));
    const batch = randomBatch(few!, random, 4);
    const none = quantizersOf(many!).map(() => 0);
    const switches = [none, none.map(() => 1), quantizersOf(many!).map(({ kind }) => Number(kind === 'activations'))];
    for (const instructionSet of addon().instructionSets())
      for (const active of switches.map((flags) => Uint8Array.from(flags))) {
        const scores = async (graph: Graph) => {
          const session = new NativeSession(addon(), graph, columns(graph, values), { threads: 2, instructionSet });
          const evaluated = await session.evaluate(batch, { quantization: { active } });
          const trained = await session.trainStep(batch, { ...SETTINGS, quantization: { active } });
          session.dispose();
          const people = widthOf(graph, 'scores');
          return [evaluated, trained].map(({ outputs }) => outputs.scores!.filter((_, i) => i % people < 20));
        };
        // What a score is does not depend on how many stand beside it.
        assert.deepEqual(await scores(many!), await scores(few!), `${instructionSet}, ${active.join('')}`);
      }
  });

  it('trains 100,000 people, and needs the memory that was said before', async () => {
    const graph = graphOf(100_000, 64);
    const batch = randomBatch(graph, Random.fromSeed(1), 16);
    const engine = createNativeEngine(nativeAddonFile()!, 2);
    const little = engine.memoryBytes(graphOf(2, 64), 16);
    const said = engine.memoryBytes(graph, 16) - little;
    const values = initialValues(graph, 1);
    const before = process.memoryUsage().rss;
    const session = engine.createSession(graph, values);
    const first = await session.trainStep(batch, SETTINGS);
    for (let step = 0; step < 4; step++) await session.trainStep(batch, SETTINGS);
    const last = await session.trainStep(batch, SETTINGS);
    const { parameters } = await session.readState();
    const taken = process.memoryUsage().rss - before;
    assert.equal(parameters.get('logits/bias')!.length, 100_000);
    // Nobody is known at first: one in a hundred thousand.
    assert.ok(Math.abs(first.lossSum / 16 - Math.log(100_000)) < 0.5, `${first.lossSum / 16}`);
    assert.ok(last.lossSum < first.lossSum * 0.9, `${first.lossSum} → ${last.lossSum}`);
    assert.ok(
      taken > said * 0.5 && taken < said * 1.3,
      `${Math.round(taken / 1e6)} MB taken, ${Math.round(said / 1e6)} MB said`,
    );
    session.dispose();
  });

  it('says in a sentence which layer is too wide', () => {
    const wide = (build: (b: GraphBuilder) => Value) => {
      const b = new GraphBuilder();
      const scores = build(b);
      const graph = b.build('wide', { embedding: scores, scores });
      return () => new NativeSession(addon(), graph, initialValues(graph, 1), { threads: 1 });
    };
    const tail = (b: GraphBuilder, channels: number) =>
      b.globalMaxPool('pool', b.conv2d('broad', b.input(2, 2, 3), channels, 1));
    assert.doesNotThrow(wide((b) => b.dense('logits', tail(b, 8192), 2)));
    assert.throws(
      wide((b) => b.dense('logits', tail(b, 8193), 2)),
      { code: 'network-too-wide', message: /The layer broad has 8,193 channels.* at most 8,192/ },
    );
    assert.throws(
      wide((b) => b.dense('logits', b.dense('embedding', tail(b, 2), 9000), 2)),
      { code: 'network-too-wide', message: /The layer logits reads 9,000 channels/ },
    );
    assert.throws(
      wide((b) => b.batchNorm('norm', b.dense('logits', tail(b, 2), 9000))),
      { code: 'network-too-wide', message: /The layer norm has 9,000 channels/ },
    );
  });
});
