import { formatPercent } from '../../core/format.js';
import type { Editor } from '../editor.js';
import { allRuns } from '../views/runsCatalog.js';
import { checkpointFolderOf } from './arguments.js';

/** What a checkpoint is asked for. */
export interface CheckpointWish {
  readonly title: string;
  /** Leaves out those of the other kind. */
  readonly kind?: 'float' | 'int8';
}

/** The folder of the checkpoint that a command means, asked for where it came without one. */
export async function checkpointOf(
  editor: Editor,
  argument: unknown,
  wish: CheckpointWish,
): Promise<string | undefined> {
  const folder = checkpointFolderOf(argument);
  if (folder === undefined) return pickCheckpoint(editor, wish);
  if (folder !== null) return folder;
  await editor.say('error', 'This is not a checkpoint, nor is it inside one.');
  return undefined;
}

async function pickCheckpoint(editor: Editor, { title, kind }: CheckpointWish): Promise<string | undefined> {
  const items = allRuns(editor).flatMap(({ name, quantized, checkpoints }) => {
    if (kind !== undefined && (kind === 'int8') !== quantized) return [];
    return checkpoints.map((checkpoint) => ({
      label: `${name}, ${checkpoint.title.toLowerCase()}${quantized ? ', int8' : ''}`,
      description:
        checkpoint.accuracy === undefined
          ? 'not validated'
          : `validation accuracy ${formatPercent(checkpoint.accuracy)}${checkpoint.best ? ', best' : ''}`,
      path: checkpoint.path,
    }));
  });
  if (items.length > 0) return (await editor.pick(items, { title }))?.path;
  await editor.say(
    'information',
    kind === 'int8'
      ? 'There is no int8 checkpoint yet: enable quantization-aware fine-tuning on one first.'
      : 'There is no checkpoint yet: train a model first.',
  );
  return undefined;
}
