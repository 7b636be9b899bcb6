import type { Editor } from '../editor.js';
import type { Memory } from './trainingOptionsPick.js';

const ASKED = 'askedWhenWindowCloses';
const SETTING = 'whenWindowCloses';

/** Once on a machine, while its first training goes on: an editor gives nobody the time to ask when a window closes. */
export async function askAboutClosing(editor: Editor, memory: Memory): Promise<void> {
  if (editor.isSet(SETTING) || memory.get(ASKED) === true) return;
  const [keep, stop] = ['Keep Training', 'Stop Training'] as const;
  const chosen = await editor.say('information', 'When this window closes, shall a training go on?', keep, stop);
  // Closed without an answer it goes on, as the setting says by itself.
  await memory.update(ASKED, true);
  if (chosen !== undefined) await editor.keepSetting(SETTING, chosen === keep ? 'goOn' : 'stop');
}
