import { emptyRunState, phaseOf, reduceAll, type RunState } from '../src/core/runState.js';
import { hostMessage, type HostMessage, type Liveness, type PanelMessage } from '../src/protocol/panel.js';
import { curvesOf, type Parent, type View } from './curves.js';
import { element } from './dom.js';
import { EpochTable } from './epochTable.js';
import { Checkpoints } from './checkpoints.js';
import { Notices } from './notices.js';
import { QuantizationView } from './quantizationView.js';
import { RunChart } from './runChart.js';
import { RunHeader } from './runHeader.js';
import { RunSummary } from './runSummary.js';
import { onThemeChange, readTheme } from './theme.js';
import { RADIO, RADIO_GROUP, registerComponents } from './toolkit.js';

// The panel's document: receives, reduces, draws. The history lives in the extension host; this can be thrown away and
// loaded again at any time.

interface Saved {
  runFolder?: string;
  view?: View;
}

const vscode = acquireVsCodeApi<Saved>();
const post = (message: PanelMessage) => vscode.postMessage(message);
const remember = (part: Saved) => vscode.setState({ ...vscode.getState(), ...part });

let state: RunState = emptyRunState();
let parent: Parent | undefined;
let liveness: Liveness = { alive: true, stopping: false, ownedHere: false };
let hasReport = false;
let preparing: { done: number; total: number } | undefined;
let view: View = vscode.getState()?.view ?? 'step';

registerComponents();
const header = new RunHeader(post);
const summary = new RunSummary();
const notices = new Notices();
const charts = { loss: new RunChart('loss', 'Loss'), accuracy: new RunChart('accuracy', 'Accuracy') };
const table = new EpochTable();
const checkpoints = new Checkpoints(post);
const quantization = new QuantizationView(post);
const root = document.getElementById('panel')!;
root.append(
  header.root,
  summary.root,
  notices.root,
  viewSwitch(),
  element('section', { class: 'charts' }, charts.loss.root, charts.accuracy.root),
  quantization.root,
  checkpoints.root,
  table.root,
);

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = hostMessage.safeParse(event.data);
  if (!message.success) {
    post({ type: 'failed', message: `message not understood: ${message.error.message.slice(0, 300)}` });
    return;
  }
  receive(message.data);
  requestDraw();
});
window.addEventListener('error', (event) => post({ type: 'failed', message: event.message }));
onThemeChange(requestDraw);
requestDraw();
post({ type: 'ready' });

function receive(message: HostMessage): void {
  switch (message.type) {
    case 'snapshot':
      table.clear();
      state = reduceAll(message.events);
      parent = message.parent && { ...message.parent, state: reduceAll(message.parent.events) };
      ({ liveness, hasReport } = message);
      remember({ runFolder: message.runFolder });
      return;
    case 'events':
      state = reduceAll(message.events, state);
      return;
    case 'liveness':
      ({ liveness, hasReport } = message);
      return;
    case 'preparing':
      preparing = { done: message.done, total: message.total };
      return;
  }
}

/** At most once a frame, however many messages arrive. */
let requested = false;
function requestDraw(): void {
  if (requested) return;
  requested = true;
  requestAnimationFrame(() => {
    requested = false;
    draw();
  });
}

function draw(): void {
  const phase = phaseOf(state, liveness);
  const theme = readTheme();
  root.style.setProperty('--training', theme.training);
  root.style.setProperty('--validation', theme.validation);
  header.draw(state, phase, liveness, hasReport, parent);
  summary.draw(state, liveness, preparing);
  notices.draw(state, phase);
  for (const quantity of ['loss', 'accuracy'] as const)
    charts[quantity].draw(curvesOf(state, quantity, view, parent), view, theme);
  quantization.draw(state, liveness.alive);
  table.draw(state, liveness.alive);
  checkpoints.draw(state, liveness.alive);
  document.body.dataset['phase'] = phase;
}

function viewSwitch(): HTMLElement {
  const choice = (value: View, text: string) => element(RADIO, { value, ...(view === value && { checked: '' }) }, text);
  const group = element(
    RADIO_GROUP,
    { class: 'view', 'aria-label': 'Horizontal axis' },
    choice('step', 'By step'),
    choice('epoch', 'By epoch'),
  );
  group.addEventListener('change', () => {
    view = (group as HTMLElement & { value: string }).value === 'epoch' ? 'epoch' : 'step';
    remember({ view });
    requestDraw();
  });
  return group;
}
