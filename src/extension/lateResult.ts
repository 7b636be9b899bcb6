import type { Editor } from './editor.js';

/** Who has waited longer has begun something else. */
const PATIENCE_MS = 10_000;

/**
 * Shows the result of a job that took a while. It never takes the focus by itself, and what comes late to somebody who is
 * at work elsewhere comes as a notification.
 *
 * @param summary for that notification
 */
export async function showResult(
  editor: Editor,
  elapsedMs: number,
  summary: string,
  show: (focus: boolean) => void,
): Promise<void> {
  if (elapsedMs <= PATIENCE_MS || !editor.occupied) show(false);
  else if ((await editor.say('information', summary, 'Show')) === 'Show') show(true);
}
