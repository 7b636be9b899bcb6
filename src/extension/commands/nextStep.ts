import path from 'node:path';
import type { RunModel } from '../../client/runModel.js';
import { MORE_EPOCHS } from '../../core/longerWords.js';
import { bestCheckpoint } from '../../core/runState.js';
import { NEXT_STEP, NEXT_STEP_WORDS } from '../../core/verdictWords.js';
import { runVerdict } from '../../evaluation/runVerdict.js';
import type { Editor } from '../editor.js';

/** What to do next with a run that has ended, by its verdict, as a button. */
export function nextStepFor(
  editor: Editor,
  { state, runFolder }: Pick<RunModel, 'state' | 'runFolder'>,
): { readonly title: string; readonly run: () => Promise<void> } | undefined {
  const verdict = runVerdict(state);
  const step = verdict && NEXT_STEP[verdict.kind];
  const best = bestCheckpoint(state);
  if (!step) return undefined;
  const command = async (name: string, ...args: readonly unknown[]) => {
    await editor.execute(`faceTrainer.${name}`, ...args);
  };
  const title = NEXT_STEP_WORDS[step];
  if (step === 'checkPictures') {
    const pictures = { scheme: 'file', fsPath: state.run!.options.dataset };
    return { title, run: () => command('checkDataset', pictures) };
  }
  if (step === 'goOn') return { title, run: () => command('goOn', runFolder, MORE_EPOCHS) };
  if (!best) return undefined;
  const name = step === 'tryPicture' ? 'tryPicture' : 'evaluate';
  return { title, run: () => command(name, path.join(runFolder, best.path)) };
}
