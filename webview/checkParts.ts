import { formatCount } from '../src/core/format.js';
import type { DatasetReport, Finding, FindingFile } from '../src/protocol/check.js';
import type { DataPanelContent, DataPanelMessage } from '../src/protocol/dataPanel.js';
import { button, cardButton, element, pageHeader, tile, tiles } from './dom.js';
import { nameOf } from './fileName.js';

type Post = (message: DataPanelMessage) => void;

const SEVERITY: Record<Finding['severity'], string> = { error: 'Error', warning: 'Warning', information: 'Note' };
const LAYOUTS: Record<DatasetReport['layout'], string> = {
  folders: 'one folder for each person',
  labels: 'a labels.csv',
  split: 'training and validation folders',
  unnamed: 'pictures without names',
};
/** Lines of a list that are written at once. */
const LINES = 500;
/** People whose pictures are shown as bars before the rest is opened. */
const BARS = 24;

/** What a check has found, the worst first, and how many pictures each person has. */
export function reportParts(
  { report, exclusionList, canTakeBack = false }: Extract<DataPanelContent, { type: 'report' }>,
  post: Post,
): HTMLElement[] {
  const count = (severity: Finding['severity']) => report.findings.filter((f) => f.severity === severity).length;
  const errors = count('error');
  const warnings = count('warning');
  const train = button('Train Model', { appearance: errors > 0 ? 'secondary' : 'primary', id: 'train' }, () =>
    post({ type: 'train' }),
  );
  const align = button('Align Faces', { appearance: 'secondary', id: 'align' }, () => post({ type: 'align' }));
  const exclusions = report.suggestedExclusions.length;
  return [
    pageHeader(
      [element('h1', {}, nameOf(report.dataset))],
      element('p', { class: 'subtitle' }, `${verdictOf(errors, warnings)}  ·  ${LAYOUTS[report.layout]}`),
      [train, align],
    ),
    tiles(
      tile('Pictures', report.pictures.toLocaleString('en-US'), 'usable for training'),
      tile('People', report.people.toLocaleString('en-US'), medianText(report)),
      tile('Errors', String(errors), errors === 0 ? '' : 'make results wrong'),
      tile('Warnings', String(warnings), warnings === 0 ? '' : 'cost accuracy'),
    ),
    ...(exclusions > 0 ? [exclusionNotice(exclusions, exclusionList, canTakeBack, post)] : []),
    ...report.findings.map((finding) => findingCard(finding, post)),
    distribution(report),
  ];
}

function verdictOf(errors: number, warnings: number): string {
  if (errors > 0) return 'Some of the problems make the results wrong: look at them before you train.';
  if (warnings > 0) return 'You can train, but the problems found cost some accuracy.';
  return 'Ready to train: no problems found.';
}

/** What the check would leave out of training: a proposal, or the list that there is already. */
function exclusionNotice(count: number, list: string | undefined, canTakeBack: boolean, post: Post): HTMLElement {
  const secondary = (text: string, type: 'leaveOut' | 'takeBack' | 'openExclusions') =>
    button(text, { appearance: 'secondary', id: type }, () => post({ type }));
  if (list === undefined)
    return element(
      'div',
      { class: 'notice exclusions' },
      `${formatCount(count, 'picture does', 'pictures do')} harm. `,
      secondary(count === 1 ? 'Leave It Out' : 'Leave Them Out', 'leaveOut'),
    );
  return element(
    'div',
    { class: 'notice exclusions' },
    canTakeBack
      ? `Training leaves ${formatCount(count, 'picture')} out. Nothing was deleted. `
      : `Training leaves out the pictures listed in ${list}. `,
    canTakeBack ? secondary('Undo', 'takeBack') : undefined,
    ' ',
    secondary('Open the List', 'openExclusions'),
  );
}

/** How many pictures the person in the middle has, of those who have any; `counts` falls. */
function medianText({ counts }: DatasetReport): string {
  const present = counts.map(({ pictures }) => pictures).filter((n) => n > 0);
  return present.length === 0 ? '' : `${present[present.length >> 1]!} pictures each (median)`;
}

/** A finding: what it is, what to do, thumbnails where there are some, and every file behind a fold. */
function findingCard({ code, severity, title, explanation, advice, files }: Finding, post: Post): HTMLElement {
  const shown = files.filter(({ thumbnail }) => thumbnail !== undefined);
  return element(
    'section',
    { class: `finding ${severity}`, 'data-code': code },
    element('h2', {}, element('span', { class: 'badge', 'data-severity': severity }, SEVERITY[severity]), ' ', title),
    element('p', {}, explanation, ' ', element('span', { class: 'advice' }, advice)),
    shown.length > 0
      ? element('div', { class: 'thumbnails' }, ...groups(shown).map((group) => thumbnails(group, post)))
      : undefined,
    element(
      'details',
      {},
      element('summary', {}, files.length === 1 ? 'Show it' : `All ${files.length.toLocaleString('en-US')}`),
      element('ul', {}, ...files.slice(0, LINES).map(fileLine)),
      files.length > LINES ? element('p', {}, `and ${formatCount(files.length - LINES, 'more', 'more')}`) : undefined,
    ),
  );
}

/** Files of one group beside each other; they follow one another in the list. */
function groups(files: readonly FindingFile[]): FindingFile[][] {
  const result: FindingFile[][] = [];
  for (const file of files) {
    const last = result.at(-1);
    if (last && file.group !== undefined && last[0]!.group === file.group) last.push(file);
    else result.push([file]);
  }
  return result;
}

function thumbnails(group: readonly FindingFile[], post: Post): HTMLElement {
  const cards = group.map(({ file, detail, thumbnail: source }) =>
    cardButton(
      { class: 'thumbnail', title: detail === undefined ? file : `${file}\n${detail}` },
      () => post({ type: 'open', file }),
      element('img', { src: source!, alt: file }),
      element('span', { class: 'file' }, nameOf(file)),
      detail === undefined ? undefined : element('span', { class: 'file dim' }, detail),
    ),
  );
  return element('div', { class: group.length > 1 ? 'group' : 'single' }, ...cards);
}

function fileLine({ file, detail }: FindingFile): HTMLElement {
  return element('li', {}, element('code', {}, file), detail === undefined ? undefined : ` ${detail}`);
}

/** Pictures of each person as bars, the most first. */
function distribution({ counts }: DatasetReport): HTMLElement {
  const most = Math.max(1, ...counts.map(({ pictures }) => pictures));
  const bar = ({ person, pictures }: DatasetReport['counts'][number]) =>
    element(
      'li',
      {},
      element('span', { class: 'person', title: person }, person),
      element('progress', {
        max: String(most),
        value: String(pictures),
        'aria-label': `${person}: ${pictures}`,
      }),
      element('span', { class: 'count' }, pictures.toLocaleString('en-US')),
    );
  const rest = counts.slice(BARS);
  return element(
    'section',
    { class: 'distribution' },
    element('h2', {}, 'Pictures per person'),
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
