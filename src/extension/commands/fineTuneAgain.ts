import type { RunOrder } from '../activeRun.js';
import type { Editor } from '../editor.js';

/** What helps a fine-tuning that was refused: the pictures have moved, or they are not those of the checkpoint's run. */
export function recoveryFor(
  editor: Editor,
  order: RunOrder,
  code: string,
): { title: string; run(): Promise<void> } | undefined {
  if (order.type !== 'qat') return undefined;
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
