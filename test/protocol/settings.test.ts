import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { ENGINE_NAMES, ENGINES } from '../../src/protocol/engines.js';
import { optionInfo } from '../../src/protocol/optionInfo.js';
import { RECIPES, trainingOptions } from '../../src/protocol/options.js';

const setting = z.object({
  type: z.string(),
  default: z.union([z.string(), z.number()]),
  enum: z.array(z.string()).optional(),
  enumDescriptions: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
const manifest = z.object({
  contributes: z.object({ configuration: z.object({ properties: z.record(z.string(), setting) }) }),
});

describe('the editor’s settings of options', () => {
  const file = path.resolve(import.meta.dirname, '../../package.json');
  const { properties } = manifest.parse(JSON.parse(fs.readFileSync(file, 'utf8'))).contributes.configuration;
  const of = (name: string) => {
    const found = properties[`faceTrainer.${name}`];
    assert.ok(found, name);
    return found;
  };
  const options = trainingOptions.shape;
  const shared = Object.keys(properties)
    .map((name) => name.replace('faceTrainer.', ''))
    .filter((name): name is keyof typeof options => name in options);

  it('are these, under the names of the options', () => {
    assert.deepEqual(shared.sort(), ['engine', 'faceWeights', 'pixelCacheMiB', 'recipe', 'threads']);
  });

  it('are what an option is by itself, where the editor recommends nothing else', () => {
    // `auto` is the editor's own: it depends on what lies on this machine. A setting of no file is an empty text.
    const own: Readonly<Partial<Record<string, string>>> = { recipe: 'auto', faceWeights: '' };
    for (const name of shared) assert.equal(of(name).default, own[name] ?? options[name].parse(undefined), name);
  });

  it('take what the option takes', () => {
    for (const name of shared) {
      const schema = z.toJSONSchema(options[name], { io: 'input' });
      assert.deepEqual([of(name).minimum, of(name).maximum], [schema.minimum, schema.maximum], name);
      const values = (of(name).enum ?? []).filter((value) => name !== 'recipe' || value !== 'auto');
      assert.deepEqual(values.sort(), [...(schema.enum ?? [])].sort(), name);
      // A whole number for a number of MiB: half of one is nothing to wish for.
      if (!of(name).enum) assert.equal(of(name).type, schema.type === 'string' ? 'string' : 'integer', name);
    }
  });

  it('offer the recipes in the words of the list of options, in its order', () => {
    const { values } = optionInfo.get(options.recipe)!.pick!;
    assert.deepEqual(of('recipe').enum, ['auto', ...RECIPES]);
    assert.deepEqual(
      of('recipe').enumDescriptions?.slice(1),
      RECIPES.map((recipe) => values![recipe]!.detail),
    );
  });

  it('offer the engines that there are, in the order in which they are taken, with their words', () => {
    assert.deepEqual(of('engine').enum, ['auto', ...ENGINE_NAMES]);
    assert.deepEqual(of('engine').enumDescriptions?.slice(1), Object.values(ENGINES));
    assert.deepEqual(ENGINE_NAMES, ['native', 'tensorflow', 'javascript'], 'the fastest first');
  });
});
