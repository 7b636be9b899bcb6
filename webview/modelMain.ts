import {
  LARGEST_PASTE,
  modelPanelContent,
  type ModelPanelContent,
  type ModelPanelMessage,
} from '../src/protocol/modelPanel.js';
import { ComparisonView } from './comparisonView.js';
import { base64Of, element } from './dom.js';
import { onThemeChange } from './theme.js';
import { registerComponents } from './toolkit.js';
import { TryView } from './tryView.js';

// The panel of a network: float and int8 beside each other, or pictures to try. Drawn whole from one message.

const vscode = acquireVsCodeApi();
const post = (message: ModelPanelMessage) => vscode.postMessage(message);
const root = document.getElementById('panel')!;

registerComponents();
const comparison = new ComparisonView(post);
const attempts = new TryView(post);
let current: ModelPanelContent | undefined;

function draw(): void {
  if (!current) return;
  const view = current.type === 'comparison' ? comparison : attempts;
  if (current.type === 'comparison') comparison.draw(current);
  else attempts.draw(current);
  if (view.root.parentNode !== root) root.replaceChildren(view.root);
  document.body.dataset['content'] = current.type;
}

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const content = modelPanelContent.safeParse(event.data);
  if (!content.success) {
    post({ type: 'failed', message: `message not understood: ${content.error.message.slice(0, 300)}` });
    return;
  }
  current = content.data;
  draw();
});
window.addEventListener('error', (event) => post({ type: 'failed', message: event.message }));
onThemeChange(() => {
  if (current?.type === 'comparison') comparison.themeChanged();
});

// Pictures come by the clipboard, and by a drop with the Shift key held: without it the editor opens them.
const picturesOf = (data: DataTransfer | null) =>
  [...(data?.files ?? [])].filter(({ type }) => type.startsWith('image/'));
window.addEventListener('paste', (event) => void sendAll(picturesOf(event.clipboardData)));
window.addEventListener('dragover', (event) => event.preventDefault());
window.addEventListener('drop', (event) => {
  event.preventDefault();
  void sendAll(picturesOf(event.dataTransfer));
});

async function sendAll(files: readonly File[]): Promise<void> {
  if (current?.type !== 'try') return;
  if (files.length === 0) attempts.hint('There is no picture in the clipboard.');
  for (const file of files) {
    if (file.size > LARGEST_PASTE) {
      attempts.hint(`“${file.name}” is too large: choose it as a file.`);
      continue;
    }
    post({ type: 'picture', name: file.name || 'pasted picture', data: await base64Of(file) });
  }
}

// A panel that has just loaded says so when it can show something.
root.append(element('p', { class: 'hint' }, ''));
post({ type: 'ready' });
