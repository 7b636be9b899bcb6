import path from 'node:path';
import { escapeHtml, formatCount } from '../core/format.js';
import { PRINTED_POLICY } from '../core/printedPolicy.js';
import { thumbnailOf } from '../dataset/thumbnail.js';
import { writeFileAtomically } from '../platform/files.js';
import type { AlignEntry } from './alignJournal.js';

/** More than these make a page that nobody looks through. */
const MOST = 400;
const SIDE = 112;

const STYLE = `
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { margin: 24px auto; max-width: 1100px; padding: 0 24px; }
h1 { font-size: 1.5em; margin: 0; }
h2 { font-size: 1.1em; margin: 28px 0 8px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 14px; padding: 0; list-style: none; }
img { width: ${SIDE}px; height: ${SIDE}px; object-fit: contain; border-radius: 4px; background: #8882; }
.file { font-size: 0.85em; overflow-wrap: anywhere; }
.why { font-size: 0.85em; opacity: 0.75; }
`;

/** A page with a small picture of everything that somebody should look at: doubtful crops, and pictures without a face. */
export async function writeContactSheet(
  file: string,
  root: string,
  out: string,
  entries: readonly AlignEntry[],
): Promise<void> {
  const doubtful = entries.filter(({ outcome }) => outcome === 'doubtful');
  const lost = entries.filter(({ outcome }) => outcome === 'no-face' || outcome === 'unreadable');
  const sections = [
    await section('Doubtful crops', 'These were written, but are worth a look: delete the wrong ones.', doubtful, (e) =>
      path.join(out, e.crop),
    ),
    await section('Left out', 'No crops were written for these.', lost, (e) => path.join(root, e.file)),
  ];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${PRINTED_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Aligned faces: contact sheet</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Aligned faces</h1>
<p>${formatCount(entries.length, 'picture')}: ${entries.length - doubtful.length - lost.length} aligned, ${doubtful.length} doubtful, ${lost.length} left out.</p>
${sections.join('\n')}
</body>
</html>
`;
  writeFileAtomically(file, html);
}

async function section(
  title: string,
  lead: string,
  entries: readonly AlignEntry[],
  pictureOf: (entry: AlignEntry) => string,
): Promise<string> {
  if (entries.length === 0) return '';
  const items: string[] = [];
  for (const entry of entries.slice(0, MOST)) {
    const picture = await thumbnailOf(pictureOf(entry), SIDE * 2, { quality: 70, enlarge: false });
    items.push(
      `<li>${picture ? `<img alt="" src="${picture}">` : ''}<div class="file">${escapeHtml(entry.file)}</div><div class="why">${escapeHtml(entry.reasons.join('; '))}</div></li>`,
    );
  }
  const more =
    entries.length > MOST
      ? `<p>And ${formatCount(entries.length - MOST, 'more picture')}; align.ndjson lists them all.</p>`
      : '';
  return `<h2>${title} (${entries.length})</h2>\n<p>${lead}</p>\n<ul class="grid">\n${items.join('\n')}\n</ul>\n${more}`;
}
