import { RECIPES, type RecipeName } from '../protocol/options.js';
import type { Option } from '../protocol/optionInfo.js';
import { withRecipe } from '../protocol/recipes.js';
import { optionText, ownDefault } from './optionFlags.js';

/** What a recipe sets an option to, as one would write it. */
export function recipeText(recipe: RecipeName, { path, info }: Option): string {
  let value: unknown = withRecipe(recipe, { dataset: '/' }).data;
  for (const key of path)
    value = value && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined;
  return value === undefined && info.flag === 'weights' ? 'random' : optionText(value);
}

/** "64; original: 128": the default recipe first, then those that differ. */
export function recipeDefaults(option: Option): string {
  const { path, info } = option;
  if (info.flag === 'recipe') return 'face where face weights are, else default';
  // No recipe quantizes: what belongs to it has defaults of its own once it is asked for.
  if (path[0] === 'quantization') return path[1] === 'afterEpochs' ? '' : ownDefault(option);
  const usual = recipeText('default', option);
  const others = new Map<string, RecipeName[]>();
  for (const recipe of RECIPES) {
    const text = recipeText(recipe, option);
    if (text !== usual) others.set(text, [...(others.get(text) ?? []), recipe]);
  }
  const told = [...others].map(([text, recipes]) => `${listed(recipes)}: ${text || 'no'}`);
  return [...(usual === '' ? [] : [usual]), ...told].join('; ');
}

/** "face, fast and original". */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}
