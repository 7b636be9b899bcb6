import { recipeDefaults, recipeText } from '../../src/cli/recipeDefaults.js';
import { optionsOf } from '../../src/protocol/optionInfo.js';
import { RECIPES, trainingOptions } from '../../src/protocol/options.js';

/** The options of a training as a Markdown table: what each recipe sets them to, and what they are. */
export function optionsTable(): string[] {
  const rows = optionsOf(trainingOptions).map((option) => {
    const { info, path } = option;
    // Only a training that is quantized has the defaults of quantization, whatever its recipe.
    const values =
      path[0] === 'quantization'
        ? RECIPES.map(() => recipeDefaults(option) || '–')
        : RECIPES.map((recipe) => recipeText(recipe, option) || '–');
    return [`\`--${info.flag}\``, ...values.map((text) => text.replaceAll(',', ', ')), info.help];
  });
  return [['option', ...RECIPES, ''], ['---', ...RECIPES.map(() => '---'), '---'], ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
}

/** A table as it counts: without the spaces that make its columns straight. */
export function cellsOf(line: string): string {
  return line
    .split('|')
    .map((cell) => cell.trim().replace(/^-+$/, '---'))
    .join('|');
}
