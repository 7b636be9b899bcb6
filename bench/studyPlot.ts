import type { RunState } from '../src/core/runState.js';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [760, 400, 56, 210, 24, 44];
const COLOURS = ['#7f7f7f', '#2ca02c', '#d62728', '#1f77b4'];

/** Validation accuracy by step, with a mark where a run switched quantization on. */
export function studyPlot(runs: readonly { readonly name: string; readonly state: RunState }[]): string {
  const steps = Math.max(...runs.map(({ state }) => state.epochs.at(-1)!.step));
  const x = (step: number) => LEFT + (step / steps) * (WIDTH - LEFT - RIGHT);
  const top = Math.ceil(10 * Math.max(...runs.flatMap(({ state }) => state.epochs.map((e) => e.valAccuracy)))) / 10;
  const y = (accuracy: number) => HEIGHT - BOTTOM - (accuracy / top) * (HEIGHT - TOP - BOTTOM);
  const text = (at: readonly [number, number], words: string, more = '') =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more}>${words}</text>`;
  const parts: string[] = [];
  for (let tick = 0; tick <= top * 10; tick++) {
    parts.push(`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick / 10)}" y2="${y(tick / 10)}" stroke="#8884"/>`);
    parts.push(text([LEFT - 8, y(tick / 10) + 4], `${tick * 10} %`, 'text-anchor="end"'));
  }
  for (let tick = 0; tick <= steps; tick += 50)
    parts.push(text([x(tick), HEIGHT - BOTTOM + 18], String(tick), 'text-anchor="middle"'));
  parts.push(text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6], 'step', 'text-anchor="middle"'));
  const marks = new Map(runs.flatMap(({ state }) => state.marks.map(({ name, step }) => [step, name] as const)));
  for (const [step, name] of marks) {
    const words = {
      calibration: 'calibrated',
      weights: 'kernels',
      activations: 'kernels and activations rounded',
      batchNormFrozen: 'batch norm frozen',
      rangesFrozen: 'ranges frozen',
    }[name];
    parts.push(
      `<line x1="${x(step)}" x2="${x(step)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#888" stroke-dasharray="2 3"/>`,
    );
    parts.push(
      text([x(step) - 5, HEIGHT - BOTTOM - 8], words, `transform="rotate(-90 ${x(step) - 5} ${HEIGHT - BOTTOM - 8})"`),
    );
  }
  const places = runs
    .map(({ state }, i) => ({ i, at: y(state.epochs.at(-1)!.valAccuracy) }))
    .sort((a, b) => a.at - b.at);
  places.forEach((place, k) => (place.at = Math.max(place.at, (places[k - 1]?.at ?? -Infinity) + 15))); // names do not touch
  runs.forEach(({ name, state }, i) => {
    const points = state.epochs.map((e) => `${x(e.step).toFixed(1)},${y(e.valAccuracy).toFixed(1)}`);
    parts.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${COLOURS[i]!}" stroke-width="1.8"/>`);
    const at = places.find((place) => place.i === i)!.at;
    parts.push(text([WIDTH - RIGHT + 10, at + 4], name, `fill="${COLOURS[i]!}"`));
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" font-family="sans-serif" font-size="12" fill="#888">
<title>Validation accuracy of the original recipe with its faults, and as it was meant</title>
${parts.join('\n')}
</svg>
`;
}
