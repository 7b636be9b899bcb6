import type { Editor } from './editor.js';

/** Face weights that the user has named, for the order of a job. */
export function faceWeightsSetting(editor: Editor): { faceWeights?: string } {
  const set = editor.setting('faceWeights');
  return typeof set === 'string' && set.trim() !== '' ? { faceWeights: set.trim() } : {};
}
