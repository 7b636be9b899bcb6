import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { UserError } from '../../src/core/userError.js';
import { FACTS_KEY } from '../../src/export/modelFacts.js';
import { GRAPH_KEY } from '../../src/export/graphEntry.js';
import { writeExport } from '../../src/export/writeExport.js';
import { inputOf } from '../../src/graph/graph.js';
import { openModel } from '../../src/inference/openModel.js';
import { exportOptions } from '../../src/protocol/exportOptions.js';
import { loadKerasFile } from '../../src/weights/loadKerasFile.js';
import { randomFaceGraph, randomFaceValues } from '../support/randomFaceGraph.js';
import { givenSource } from '../support/realFaces.js';
import { scratchFolder } from '../support/scratch.js';

// Files of layers that hold their network as data, as somebody may have made them who wishes no good.

/** A value of JSON, which tests change at will. */
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Entries = { [key: string]: Json };

describe('files of layers from strangers', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const random = Random.forPurpose(3, 'fuzz');
  const graph = randomFaceGraph(random);
  const source = givenSource({ graph, parameters: randomFaceValues(graph, random) });
  const [height, width] = inputOf(graph).shape;
  const export_ = async (format: 'tfjs' | 'keras', name: string) => {
    const options = exportOptions.parse({ format, part: 'embedding' });
    return (await writeExport(source, options, path.join(folder(), name))).files[0]!;
  };
  /** @returns what it is refused for; undefined where it is opened and answers */
  const refusal = async (file: string): Promise<string | undefined> => {
    try {
      const model = await openModel(file);
      const { input } = model.facts;
      await model.run(new Uint8Array(input.width * input.height * 3));
      await model.close();
      return undefined;
    } catch (error) {
      assert.ok(error instanceof UserError && error.code === 'model-unreadable', String(error));
      return error.message;
    }
  };

  it('the network of a model.json is read only where it is one, and fits its facts and weights', async () => {
    const file = await export_('tfjs', 'a/model.json');
    const text = fs.readFileSync(file, 'utf8');
    const changed = async (change: (model: Entries, network: Entries, facts: Entries) => void) => {
      const model = JSON.parse(text) as Entries;
      const metadata = model['userDefinedMetadata'] as Entries;
      change(model, metadata[GRAPH_KEY] as Entries, metadata[FACTS_KEY] as Entries);
      fs.writeFileSync(file, JSON.stringify(model));
      return refusal(file);
    };
    const group = (model: Entries) => (model['weightsManifest'] as Entries[])[0]!;
    assert.equal(await changed(() => undefined), undefined);
    const wrong: [RegExp, Parameters<typeof changed>[0]][] = [
      [/not a network/, (_, network) => (network['nodes'] = 'many')],
      [/not a network/, (_, network) => ((network['nodes'] as Entries[])[0]!['shape'] = [1e9, 1e9, 3])],
      [/does not stand before it/, (_, network) => (network['nodes'] as Json[]).reverse()],
      [/expected/, (_, network) => ((network['nodes'] as Entries[])[1]!['shape'] = [7, 7, 7])],
      [/does not read pictures/, (_, __, facts) => ((facts['input'] as Entries)['width'] = width + 1)],
      [/0 people/, (_, __, facts) => Object.assign(facts, { output: 'probabilities', labels: ['Anna'] })],
      [/is missing/, (model) => ((group(model)['weights'] as Entries[])[0]!['name'] = 'other')],
      [/cut short/, (model) => ((group(model)['weights'] as Entries[])[0]!['shape'] = [2 ** 20])],
      [/larger than any/, (model) => ((group(model)['weights'] as Entries[])[0]!['shape'] = [2 ** 29, 2 ** 29])],
      [/not a model.json/, (model) => ((group(model)['weights'] as Entries[])[0]!['shape'] = [-1])],
      [/not a model.json/, (model) => (group(model)['paths'] = ['../a/weights.bin'])],
      [/not a model.json/, (model) => (group(model)['paths'] = ['/etc/passwd'])],
      [/are missing/, (model) => (group(model)['paths'] = ['.'])],
      [/not a network/, (model) => ((model['userDefinedMetadata'] as Entries)[GRAPH_KEY] = null)],
      [/lies as data/, (model, _, facts) => (model['userDefinedMetadata'] = { [FACTS_KEY]: facts })],
    ];
    for (const [i, [expected, change]] of wrong.entries())
      assert.match((await changed(change)) ?? 'opened', expected, `change ${i}`);
  });

  it('a model.json of which any part is another value is refused in words, or answers', async () => {
    const file = await export_('tfjs', 'b/model.json');
    const text = fs.readFileSync(file, 'utf8');
    const values: Json[] = [null, -1, 0, 1e9, 0.5, '', 'input', [], {}, [1, 1, 1]];
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const model = JSON.parse(text) as Entries;
      const metadata = model['userDefinedMetadata'] as Entries;
      const [holder, key] = anyPlace(i % 3 === 0 ? model['weightsManifest']! : metadata[GRAPH_KEY]!, random);
      holder[key] = values[random.integer(values.length)]!;
      fs.writeFileSync(file, JSON.stringify(model));
      if ((await refusal(file)) !== undefined) refused++;
    }
    assert.ok(refused > 200, `${refused}`);
  });

  it('a Keras file with another network or other weights is refused in words, and cut or changed bytes as well', async () => {
    const file = await export_('keras', 'a.h5');
    assert.equal(await refusal(file), undefined);
    const keras = await loadKerasFile();
    const arrays = await keras.readKerasFile(file);
    const facts = (await keras.kerasAttribute(file, FACTS_KEY))!;
    const network = (await keras.kerasAttribute(file, GRAPH_KEY))!;
    const other = path.join(folder(), 'other.h5');
    const written = async (given: typeof arrays, text: string) => {
      await keras.writeKerasFile(other, given, { [FACTS_KEY]: facts, [GRAPH_KEY]: text }, '{}');
      return (await refusal(other)) ?? 'opened';
    };
    assert.equal(await written(arrays, network), 'opened');
    assert.match(await written(arrays.slice(1), network), /is missing/);
    const longer = arrays.map((one) => ({ ...one, shape: [1], values: new Float32Array(1) }));
    assert.match(await written(longer, network), /is not \[/);
    assert.match(await written(arrays, '{'), /not JSON/);
    assert.match(await written(arrays, `"${'x'.repeat(1 << 22)}"`), /larger than any/);
    assert.match(await written(arrays, network.replace(`[${height},${width},3]`, '[60000,60000,3]')), /expected|read/);

    const bytes = fs.readFileSync(file);
    // Few: the library prints a page about each.
    for (let i = 0; i < 12; i++) {
      const copy = Buffer.from(i % 4 === 0 ? bytes.subarray(0, random.integer(bytes.length)) : bytes);
      // In front, where HDF5 says where things lie.
      for (let k = 0; k < 4 && copy.length > 0; k++)
        copy[random.integer(Math.min(copy.length, 4096))] = random.integer(256);
      fs.writeFileSync(other, copy);
      await refusal(other);
    }
  });
});

/** Somewhere in a value of JSON: what holds it and under which key. */
function anyPlace(json: Json, random: Random): [Entries, string] {
  const places: [Entries, string][] = [];
  const visit = (value: Json) => {
    if (typeof value !== 'object' || value === null) return;
    const holder = value as Entries;
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      visit(holder[key]!);
    }
  };
  visit(json);
  return places[random.integer(places.length)]!;
}
