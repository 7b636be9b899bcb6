import { formatCount } from '../src/core/format.js';
import type { DatasetReport, Finding, FindingFile } from '../src/protocol/check.js';
import { dataPanelContent, type DataPanelContent, type DataPanelMessage } from '../src/protocol/dataPanel.js';
import { element, tile } from './dom.js';
import { BADGE, BUTTON, registerComponents } from './toolkit.js';

// The panel of pictures: what a check has found, or what chance makes of some pictures. Drawn whole from one message.

const vscode = acquireVsCodeApi();
const post = (message: DataPanelMessage) => vscode.postMessage(message);
const root = document.getElementById('panel')!;
const SEVERITY: Record<Finding['severity'], string> = { error: 'Error', warning: 'Warning', information: 'Note' };
/** Lines of a list that are written at once. */
const LINES = 500;
const BARS = 24;

registerComponents();
window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const content = dataPanelContent.safeParse(event.data);
  if (content.success) draw(content.data);
  else post({ type: 'failed', message: `message not understood: ${content.error.message.slice(0, 300)}` });
});
window.addEventListener('error', (event) => post({ type: 'failed', message: event.message }));
post({ type: 'ready' });

function draw(content: DataPanelContent): void {
  root.replaceChildren(
    ...(content.type === 'report' ? reportParts(content.report, content.exclusionList) : sampleParts(content)),
  );
  document.body.dataset['content'] = content.type;
}

function nameOf(folder: string): string {
  return folder.split(/[\\/]/).at(-1) ?? folder;
}

function button(text: string, appearance: 'primary' | 'secondary', message: DataPanelMessage): HTMLElement {
  const made = element(BUTTON, { appearance, id: message.type }, text);
  made.addEventListener('click', () => post(message));
  return made;
}

function header(name: string, subtitle: string, ...actions: HTMLElement[]): HTMLElement {
  return element(
    'header',
    {},
    element(
      'div',
      { class: 'heading' },
      element('div', { class: 'name' }, element('h1', {}, name)),
      element('p', { class: 'subtitle' }, subtitle),
    ),
    element('div', { class: 'actions' }, ...actions),
  );
}

// Check -----------------------------------------------------------------------------------------------------------

function reportParts(report: DatasetReport, exclusionList: string | undefined): HTMLElement[] {
  const count = (severity: Finding['severity']) => report.findings.filter((f) => f.severity === severity).length;
  const errors = count('error');
  const warnings = count('warning');
  const verdict =
    errors > 0
      ? 'Some of what was found makes the results wrong: look at it before you train.'
      : warnings > 0
        ? 'You can train; what was found costs some of the accuracy.'
        : 'You can train: nothing stands in the way.';
  const layouts = { folders: 'one folder a person', labels: 'a labels.csv', split: 'training and validation folders' };
  const exclusions = report.suggestedExclusions.length;
  return [
    header(
      nameOf(report.dataset),
      `${verdict}  ·  ${layouts[report.layout]}`,
      button('Train Model', errors > 0 ? 'secondary' : 'primary', { type: 'train' }),
      button('Align Faces', 'secondary', { type: 'align' }),
    ),
    element(
      'section',
      { class: 'tiles' },
      tile('Pictures', report.pictures.toLocaleString('en-US'), 'that can be trained with'),
      tile('People', report.people.toLocaleString('en-US'), medianText(report)),
      tile('Errors', String(errors), errors === 0 ? '' : 'make results wrong'),
      tile('Warnings', String(warnings), warnings === 0 ? '' : 'cost accuracy'),
    ),
    exclusions > 0
      ? element(
          'div',
          { class: 'notice exclusions' },
          exclusionList === undefined
            ? `${formatCount(exclusions, 'picture')} would better be left out of training. `
            : `Training leaves out what is listed in ${exclusionList}. `,
          button(exclusionList === undefined ? 'Write Exclusion List' : 'Open Exclusion List', 'secondary', {
            type: 'writeExclusions',
          }),
        )
      : element('div', { hidden: '' }),
    ...report.findings.map(findingCard),
    distribution(report),
  ];
}

function medianText({ counts }: DatasetReport): string {
  const present = counts.map(({ pictures }) => pictures).filter((n) => n > 0);
  return present.length === 0 ? '' : `${present[present.length >> 1]!} pictures each in the middle`;
}

function findingCard({ code, severity, title, explanation, advice, files }: Finding): HTMLElement {
  const shown = files.filter(({ thumbnail }) => thumbnail !== undefined);
  return element(
    'section',
    { class: `finding ${severity}`, 'data-code': code },
    element('h2', {}, element(BADGE, { 'data-severity': severity }, SEVERITY[severity]), ' ', title),
    element('p', {}, explanation, ' ', element('span', { class: 'advice' }, advice)),
    shown.length > 0 ? element('div', { class: 'thumbnails' }, ...groups(shown).map(thumbnails)) : undefined,
    element(
      'details',
      {},
      element('summary', {}, files.length === 1 ? 'Show it' : `All ${files.length.toLocaleString('en-US')}`),
      element('ul', {}, ...files.slice(0, LINES).map(fileLine)),
      files.length > LINES ? element('p', {}, `and ${formatCount(files.length - LINES, 'more')}`) : undefined,
    ),
  );
}

/** Files of one group beside each other. */
function groups(files: readonly FindingFile[]): FindingFile[][] {
  const result: FindingFile[][] = [];
  for (const file of files) {
    const last = result.at(-1);
    if (last && file.group !== undefined && last[0]!.group === file.group) last.push(file);
    else result.push([file]);
  }
  return result;
}

function thumbnails(group: readonly FindingFile[]): HTMLElement {
  return element('div', { class: group.length > 1 ? 'group' : 'single' }, ...group.map(thumbnail));
}

function thumbnail({ file, detail, thumbnail: source }: FindingFile): HTMLElement {
  const figure = element(
    'figure',
    { class: 'thumbnail', title: file, tabindex: '0', role: 'button' },
    element('img', { src: source!, alt: file }),
    element('figcaption', {}, nameOf(file)),
    detail === undefined ? undefined : element('figcaption', { class: 'dim' }, detail),
  );
  const open = () => post({ type: 'open', file });
  figure.addEventListener('click', open);
  figure.addEventListener('keydown', (event) => event.key === 'Enter' && open());
  return figure;
}

function fileLine({ file, detail }: FindingFile): HTMLElement {
  return element('li', {}, element('code', {}, file), detail === undefined ? undefined : ` ${detail}`);
}

/** Pictures of each person as bars, the most first. */
function distribution({ counts }: DatasetReport): HTMLElement {
  const most = Math.max(1, ...counts.map(({ pictures }) => pictures));
  const bar = ({ person, pictures }: DatasetReport['counts'][number]) => {
    const fill = element('progress', {
      max: String(most),
      value: String(pictures),
      'aria-label': `${person}: ${pictures}`,
    });
    return element(
      'li',
      {},
      element('span', { class: 'person', title: person }, person),
      fill,
      element('span', { class: 'count' }, pictures.toLocaleString('en-US')),
    );
  };
  const rest = counts.slice(BARS);
  return element(
    'section',
    { class: 'distribution' },
    element('h2', {}, 'Pictures of each person'),
    element('ul', {}, ...counts.slice(0, BARS).map(bar)),
    rest.length > 0
      ? element(
          'details',
          {},
          element('summary', {}, formatCount(rest.length, 'more person', 'more people')),
          element('ul', {}, ...rest.slice(0, LINES).map(bar)),
        )
      : undefined,
  );
}

// Preview ---------------------------------------------------------------------------------------------------------

function sampleParts({ dataset, facts, samples }: Extract<DataPanelContent, { type: 'samples' }>): HTMLElement[] {
  const pair = (sample: (typeof samples)[number]) =>
    element(
      'figure',
      { class: 'pair', title: sample.file },
      element('img', { src: sample.original, alt: `${sample.file} as it is` }),
      element('img', { src: sample.distorted, alt: `${sample.file} as training sees it` }),
      element('figcaption', {}, sample.file),
    );
  return [
    header(nameOf(dataset), facts, button('Train Model', 'primary', { type: 'train' })),
    element(
      'p',
      { class: 'hint' },
      'Left as validation sees a picture, right as training sees it in the first epoch. Every epoch draws anew; the same seed draws the same.',
    ),
    element('section', { class: 'pairs' }, ...samples.map(pair)),
  ];
}
