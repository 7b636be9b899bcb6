import fs from 'node:fs';

// Draws docs/recipes.svg from what bench/recipes.ts has written: tsx bench/recipesPlot.ts results.json docs/recipes.svg

interface Result {
  readonly what: string;
  readonly epochs: readonly { readonly valAccuracy: number }[];
}

const [input, output] = process.argv.slice(2) as [string, string];
const results = JSON.parse(fs.readFileSync(input, 'utf8')) as Result[];
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 380, 56, 190, 20, 44];
const COLOURS = ['#1f77b4', '#2ca02c', '#d62728', '#9467bd'];
const EPOCHS = 10;

const x = (epoch: number) => LEFT + ((epoch - 1) / (EPOCHS - 1)) * (WIDTH - LEFT - RIGHT);
const y = (accuracy: number) => HEIGHT - BOTTOM - accuracy * (HEIGHT - TOP - BOTTOM);
const text = (at: [number, number], words: string, more = '') =>
  `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more}>${words}</text>`;

const parts: string[] = [];
for (let tick = 0; tick <= 10; tick += 2) {
  parts.push(`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick / 10)}" y2="${y(tick / 10)}" stroke="#8884"/>`);
  parts.push(text([LEFT - 8, y(tick / 10) + 4], `${tick * 10} %`, 'text-anchor="end"'));
}
for (let epoch = 1; epoch <= EPOCHS; epoch++)
  parts.push(text([x(epoch), HEIGHT - BOTTOM + 18], String(epoch), 'text-anchor="middle"'));
parts.push(text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6], 'epoch', 'text-anchor="middle"'));
const names = [...new Set(results.map(({ what }) => what))];
names.forEach((name, i) => {
  const runs = results.filter(({ what }) => what === name);
  for (const { epochs } of runs) {
    const points = epochs.slice(0, EPOCHS).map((e, k) => `${x(k + 1).toFixed(1)},${y(e.valAccuracy).toFixed(1)}`);
    parts.push(
      `<polyline points="${points.join(' ')}" fill="none" stroke="${COLOURS[i]!}" stroke-width="1.6" stroke-opacity="0.75"/>`,
    );
  }
  const last = runs.map(({ epochs }) => epochs.slice(0, EPOCHS).at(-1)!.valAccuracy);
  const mean = last.reduce((sum, v) => sum + v, 0) / last.length;
  parts.push(text([WIDTH - RIGHT + 10, y(mean) + 4], name, `fill="${COLOURS[i]!}"`));
});
fs.writeFileSync(
  output,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" font-family="sans-serif" font-size="12" fill="#888">
<title>Validation accuracy by epoch, three seeds each</title>
${parts.join('\n')}
</svg>
`,
);
