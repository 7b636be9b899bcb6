import { formatPercent } from '../../core/format.js';
import type { Editor } from '../editor.js';
import { dayAndTime } from '../runName.js';
import { allRuns } from '../views/runsCatalog.js';

/** Asks for one of the runs of the open workspace folders, the newest first. @returns its folder */
export async function pickRun(editor: Editor): Promise<string | undefined> {
  const items = allRuns(editor).map(({ runFolder, title, phase, best, startedAt }) => ({
    label: startedAt ? `${title} – ${dayAndTime(startedAt, new Date())}` : title,
    description: best === undefined ? phase : `${phase}, validation accuracy ${formatPercent(best)}`,
    runFolder,
  }));
  if (items.length === 0) {
    await editor.say(
      'information',
      'There are no runs yet. Right-click a folder with one sub-folder for each person and choose Train Model.',
    );
    return undefined;
  }
  return (await editor.pick(items, { title: 'Open Run' }))?.runFolder;
}
