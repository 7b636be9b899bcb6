import path from 'node:path';
import { escapeHtml, formatCount, formatDuration, formatPercent } from '../core/format.js';
import { epochColumns } from '../core/epochColumns.js';
import { lossWords } from '../core/lossWords.js';
import { MARK_WORDS } from '../core/markWords.js';
import { METRIC_WORDS, metricOf, measuredWords } from '../core/metricWords.js';
import { QUANTIZER_COLUMNS } from '../core/quantizerColumns.js';
import { isFromOutside } from '../core/isFromOutside.js';
import { bestOf } from '../core/best.js';
import { PRINTED_POLICY } from '../core/printedPolicy.js';
import { bestEpoch, type RunState } from '../core/runState.js';
import { verdictWords } from '../core/verdictWords.js';
import { runVerdict } from '../evaluation/runVerdict.js';
import { linePlot, type PlotSeries } from './linePlot.js';
import { REPORT_STYLE } from './reportStyle.js';

/** A page that opens anywhere: one file, no script, both plots inside. */
export function renderReport(state: RunState): string {
  const options = state.run?.options;
  const name = options ? path.basename(options.dataset) : 'run';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${PRINTED_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Face Trainer: ${escapeHtml(name)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(name)}</h1>
${verdictOf(state)}<p class="lead">${escapeHtml(outcome(state))}</p>
</header>
${state.failure ? `<p class="failure"><strong>${escapeHtml(state.failure.message)}</strong><br>${escapeHtml(state.failure.advice)}</p>` : ''}
<section class="plots">
${linePlot({ title: 'Loss', xLabel: 'step', series: series(state, 'loss', 'valLoss'), formatY: String })}
${linePlot({ title: metricOf(state) === 'cosine' ? METRIC_WORDS.cosine.name : 'Accuracy', xLabel: 'step', series: series(state, 'accuracy', 'valAccuracy'), yRange: [0, 1], formatY: (y) => `${(y * 100).toFixed(0)} %` })}
</section>
${epochTable(state)}
${quantization(state)}
${warnings(state)}
${skipped(state)}
${facts(state)}
</main>
</body>
</html>
`;
}

/** An option's value; of those that have parts only what is set. */
function optionText(value: string | number | boolean | object | undefined): string {
  if (typeof value !== 'object') return String(value ?? '–');
  const set = Object.entries(value).filter(([, part]) => part !== 0 && part !== false);
  return set.map(([name, part]) => (part === true ? name : `${name} ${part}`)).join(', ') || 'none';
}

const ENDS = {
  completed: 'Completed',
  early: 'Ended early, as nothing became better,',
  stopped: 'Stopped',
  paused: 'Paused',
} as const;

/** What it came to, in front of everything. */
function verdictOf(state: RunState): string {
  const verdict = runVerdict(state);
  return verdict ? `<p class="verdict">${escapeHtml(verdictWords(verdict))}</p>\n` : '';
}

function outcome(state: RunState): string {
  const best = bestEpoch(state);
  const reached = best
    ? `Best ${METRIC_WORDS[metricOf(state)].clause} ${formatPercent(best.valAccuracy)} after epoch ${best.epoch}.`
    : 'No epoch was finished.';
  if (state.failure) return `${isFromOutside(state.failure) ? 'Broke off' : 'Failed'}. ${reached}`;
  if (!state.finished) return `Not finished. ${reached}`;
  const how = ENDS[state.finished.reason];
  return `${how} in ${formatDuration(state.finished.elapsedSeconds)}. ${reached}`;
}

function series(state: RunState, train: 'loss' | 'accuracy', validation: 'valLoss' | 'valAccuracy'): PlotSeries[] {
  return [
    { name: 'each step', style: 'step', points: state.steps.map((s) => [s.step, s[train]]) },
    { name: 'training', style: 'train', points: state.epochs.map((e) => [e.step, e[train]]), marks: true },
    {
      name: metricOf(state) === 'nearestNeighbour' && validation !== 'valLoss' ? 'nearest neighbour' : 'validation',
      style: 'validation',
      points: state.epochs.flatMap((e) => (e[validation] === undefined ? [] : [[e.step, e[validation]] as const])),
      marks: true,
    },
  ];
}

function epochTable(state: RunState): string {
  if (state.epochs.length === 0) return '';
  const best = bestEpoch(state);
  const told = best ?? state.epochs.at(-1)!;
  const measured = measuredWords(told);
  const columns = epochColumns(metricOf(state), told.strangers !== undefined);
  const rows = state.epochs.map((e) =>
    row(
      columns.map(([, value]) => value(e)),
      e.epoch === best?.epoch ? ' class="best"' : '',
    ),
  );
  const head = `<tr>${columns.map(([name]) => `<th scope="col">${name}</th>`).join('')}</tr>`;
  return `<section><h2>Epochs</h2>${measured === undefined ? '' : `<p>${escapeHtml(measured)}</p>`}<table><thead>${head}</thead><tbody>${rows.join('')}</tbody></table></section>`;
}

/** What was switched on when, accuracies side by side, every quantizer. */
function quantization(state: RunState): string {
  const { calibrated, quantizers, sensitivity, marks } = state;
  if (!calibrated) return '';
  const trained = bestOf(state.epochs.filter((e) => (e.activeQuantizers ?? 0) > 0));
  const accuracies = [
    row(['In float', formatPercent(calibrated.floatValAccuracy)]),
    row(['Rounded without training', formatPercent(calibrated.postTrainingValAccuracy)]),
    ...(trained ? [row(['Quantization-aware', formatPercent(trained.valAccuracy)])] : []),
    ...marks.map(({ name, step }) =>
      row([capitalized(MARK_WORDS[name].clause), `after step ${step.toLocaleString('en-US')}`]),
    ),
  ];
  const costliest = [...(sensitivity?.layers ?? [])].sort((a, b) => b.lossIncrease - a.lossIncrease).slice(0, 10);
  const layers = costliest.map(({ layer, lossIncrease, changed }) =>
    row([layer, lossIncrease.toFixed(4), String(changed)]),
  );
  const head = QUANTIZER_COLUMNS.map(({ name, explained }) => `<th scope="col" title="${explained}">${name}</th>`).join(
    '',
  );
  const rows = (quantizers?.quantizers ?? []).map((q) => row(QUANTIZER_COLUMNS.map(({ value }) => value(q))));
  return `<section><h2>Quantization</h2><table class="text"><tbody>${accuracies.join('')}</tbody></table>
${layers.length > 0 ? `<h3>Layers that cost most when rounded alone</h3><table><thead><tr><th>Layer</th><th>Loss</th><th>Pictures changed</th></tr></thead><tbody>${layers.join('')}</tbody></table>` : ''}
<h3>Quantizers</h3><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function row(cells: readonly string[], attributes = ''): string {
  return `<tr${attributes}>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
}

function warnings(state: RunState): string {
  if (state.warnings.length === 0) return '';
  const items = state.warnings.map((w) => `<li><strong>${escapeHtml(w.message)}</strong> ${escapeHtml(w.advice)}</li>`);
  return `<section><h2>Warnings</h2><ul>${items.join('')}</ul></section>`;
}

function skipped(state: RunState): string {
  const data = state.dataset;
  if (!data || data.skippedCount === 0) return '';
  const items = data.skipped.map(({ file, reason }) => row([file, reason]));
  const more =
    data.skippedCount > data.skipped.length ? `<p>All of them are listed in skipped.json beside this report.</p>` : '';
  return `<section><h2>${formatCount(data.skippedCount, 'file')} skipped</h2><table class="text"><tbody>${items.join('')}</tbody></table>${more}</section>`;
}

function facts(state: RunState): string {
  const options = state.run?.options;
  const rows: [string, string][] = [];
  const data = state.dataset;
  if (data)
    rows.push(
      ['Pictures', `${data.images.toLocaleString('en-US')} of ${formatCount(data.people, 'person', 'people')}`],
      [
        'Split',
        `${data.trainImages.toLocaleString('en-US')} train, ${data.validationImages.toLocaleString('en-US')} validate`,
      ],
    );
  if (state.engine) rows.push(['Engine', state.engine.detail]);
  if (options) {
    rows.push(['Loss', lossWords(options)]);
    for (const [key, value] of Object.entries(options)) rows.push([key, optionText(value)]);
  }
  if (state.run) rows.push(['startedAt', state.run.startedAt]);
  const html = rows.map(
    ([key, value]) => `<tr><th scope="row">${escapeHtml(key)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<section><h2>This run</h2><table class="text"><tbody>${html.join('')}</tbody></table></section>`;
}
