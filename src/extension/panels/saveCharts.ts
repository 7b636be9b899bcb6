import fs from 'node:fs';
import path from 'node:path';
import type { PanelMessage } from '../../protocol/panel.js';
import type { Editor } from '../editor.js';

const KINDS = { png: 'Picture', svg: 'Drawing', csv: 'Numbers' } as const;

/** Writes what a page made of its charts to where the user wants it. @param run its folder, after which the file is called */
export async function saveCharts(
  editor: Editor,
  run: string,
  { format, data }: Extract<PanelMessage, { type: 'saveCharts' }>,
): Promise<void> {
  const place = await editor.choosePlace({
    title: 'Export Charts',
    place: path.join(editor.workspaceFolders[0] ?? path.dirname(run), `${path.basename(run)}.${format}`),
    filters: { [KINDS[format]]: [format] },
  });
  if (place === undefined) return;
  await fs.promises.writeFile(place, format === 'png' ? Buffer.from(data, 'base64') : data);
}
