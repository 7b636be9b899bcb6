import { formatCount } from '../core/format.js';
import type { DatasetReport, Finding } from '../protocol/check.js';

const WORDS: Record<Finding['severity'], string> = { error: 'Error  ', warning: 'Warning', information: 'Note   ' };
/** Files that are named at a terminal, three pairs of them; `--json` has all. */
const SHOWN = 6;

/** A check as lines of text. */
export function checkLines(report: DatasetReport): string[] {
  const lines = [
    `${formatCount(report.pictures, 'picture')} of ${formatCount(report.people, 'person', 'people')} can be used for training.`,
  ];
  for (const { severity, title, explanation, advice, files } of report.findings) {
    lines.push('', `${WORDS[severity]}  ${title}`, `         ${explanation}`, `         ${advice}`);
    for (const { file, detail } of files.slice(0, SHOWN))
      lines.push(`           ${file}${detail === undefined ? '' : `  (${detail})`}`);
    if (files.length > SHOWN) lines.push(`           and ${formatCount(files.length - SHOWN, 'more file')}`);
  }
  if (report.findings.length === 0) lines.push('No problems found.');
  return lines;
}
