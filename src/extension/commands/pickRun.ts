import { formatPercent } from '../../core/format.js';
import type { Editor } from '../editor.js';
import { dayAndTime } from '../runName.js';
import { allRuns, type RunFacts } from '../views/runsCatalog.js';

/** Asks for one of the runs of the open workspace folders, the newest first. @returns its folder */
export async function pickRun(
  editor: Editor,
  title = 'Open Run',
  suits: (run: RunFacts) => boolean = () => true,
): Promise<string | undefined> {
  const all = allRuns(editor);
  const items = all.filter(suits).map(({ runFolder, title: dataset, phase, best, startedAt }) => ({
    label: startedAt ? `${dataset} – ${dayAndTime(startedAt, new Date())}` : dataset,
    description: best === undefined ? phase : `${phase}, validation accuracy ${formatPercent(best)}`,
    runFolder,
  }));
  if (items.length === 0) {
    await editor.say(
      'information',
      all.length > 0
        ? 'No run can go on: each is training, or has no checkpoint yet.'
        : 'There are no runs yet. Right-click a folder with one sub-folder for each person and choose Train Model.',
    );
    return undefined;
  }
  return (await editor.pick(items, { title }))?.runFolder;
}
