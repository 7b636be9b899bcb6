import type { RunInProgress } from '../activeRun.js';
import type { Editor } from '../editor.js';
import { factsOf } from '../views/runsCatalog.js';

/** What would only happen again. */
const HOPELESS: ReadonlySet<string> = new Set(['dataset-changed', 'dataset-missing', 'run-busy', 'run-complete']);

/** Of a run that had kept nothing. */
const BEGINS_ANEW: ReadonlySet<string> = new Set([
  ...['machine-restarted', 'memory-low', 'out-of-memory', 'trainer-crashed', 'trainer-killed', 'trainer-vanished'],
]);

/**
 * What helps a run that ended badly: a fine-tuning that was refused since the pictures have moved, or are not those of the
 * checkpoint's run; a run that has a checkpoint to go on from.
 */
export function recoveryFor(
  editor: Editor,
  { order, runFolder }: Pick<RunInProgress, 'order' | 'runFolder'>,
  code: string,
): { title: string; run(): Promise<void> } | undefined {
  if (!HOPELESS.has(code) && factsOf(editor, runFolder).checkpoints.length > 0)
    return {
      title: 'Go On',
      run: async () => {
        await editor.execute('faceTrainer.goOn', runFolder);
      },
    };
  if (code === 'engine-unavailable' || code === 'library-missing')
    return {
      title: 'Set Up TensorFlow…',
      run: async () => {
        await editor.execute('faceTrainer.setUpTensorFlow');
      },
    };
  if (order?.type === 'train' && BEGINS_ANEW.has(code)) {
    const fsPath = order.options.dataset;
    return {
      title: 'Train Again…',
      run: async () => {
        await editor.execute('faceTrainer.trainModel', { scheme: 'file', fsPath });
      },
    };
  }
  if (order?.type !== 'qat') return undefined;
  const again = async (overrides: (typeof order)['overrides']) => {
    const { floatLayers } = order.overrides.quantization ?? {};
    await editor.execute('faceTrainer.quantize', order.checkpoint, floatLayers, overrides);
  };
  if (code === 'dataset-missing')
    return {
      title: 'Locate Folder…',
      run: async () => {
        const [chosen] = await editor.chooseFiles({
          title: 'Folder with the pictures of this network',
          openLabel: 'Fine-Tune with These',
          what: 'folder',
        });
        if (chosen) await again({ ...order.overrides, dataset: chosen.fsPath });
      },
    };
  if (code === 'dataset-changed')
    return { title: 'Continue with the Changed Pictures', run: () => again({ ...order.overrides, changedData: true }) };
  return undefined;
}
