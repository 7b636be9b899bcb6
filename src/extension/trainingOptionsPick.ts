import path from 'node:path';
import * as vscode from 'vscode';
import type * as z from 'zod';
import { trainingOptions, type TrainingOptions } from '../protocol/options.js';

/** The few options that matter; remembered from one training to the next. */
const choices = trainingOptions.pick({
  epochs: true,
  batchSize: true,
  size: true,
  weights: true,
  seed: true,
  split: true,
});
type Choices = z.infer<typeof choices>;

const REMEMBERED = 'trainingChoices';

interface Item extends vscode.QuickPickItem {
  /** Changes one choice; undefined when the user thought better of it. Absent on the item that starts. */
  readonly change?: (current: Choices) => Promise<Partial<Choices> | undefined>;
}

/** Asks for the options of a training; Enter at once takes those of the last time. @returns undefined when cancelled */
export async function pickTrainingOptions(
  dataset: string,
  memory: vscode.Memento,
): Promise<TrainingOptions | undefined> {
  let current = remembered(memory);
  for (;;) {
    const picked = await vscode.window.showQuickPick(items(current), {
      title: `Train Model on “${path.basename(dataset)}”`,
      placeHolder: 'Start training, or choose an option to change it',
      matchOnDescription: true,
    });
    if (!picked) return undefined;
    if (!picked.change) break;
    current = { ...current, ...(await picked.change(current)) };
    await memory.update(REMEMBERED, current);
  }
  await memory.update(REMEMBERED, current);
  const settings = vscode.workspace.getConfiguration('faceTrainer');
  return trainingOptions.parse({
    ...current,
    dataset,
    engine: settings.get('engine'),
    threads: settings.get('threads'),
    pixelCacheMiB: settings.get('pixelCacheMiB'),
  });
}

function remembered(memory: vscode.Memento): Choices {
  const saved = choices.safeParse(memory.get(REMEMBERED));
  return saved.success ? saved.data : choices.parse({});
}

function items(current: Choices): Item[] {
  const start = current.weights ? path.basename(current.weights) : 'random weights';
  return [
    {
      label: '$(play) Start training',
      description: `${current.epochs} epochs, batch ${current.batchSize}, ${current.size} px, ${start}`,
    },
    { label: 'Options', kind: vscode.QuickPickItemKind.Separator },
    number('$(sync) Epochs', 'epochs', current, 'Passes over all the pictures'),
    number('$(layers) Batch size', 'batchSize', current, 'Pictures in one step; a smaller batch needs less memory'),
    number('$(screen-full) Picture size', 'size', current, 'Side of the network’s input in pixels, a multiple of 32'),
    { label: '$(file-binary) Start from', description: start, change: changeWeights },
    number(
      '$(split-horizontal) Training share',
      'split',
      current,
      'Share of each person’s pictures that trains; the rest validates',
    ),
    number('$(symbol-numeric) Seed', 'seed', current, 'The same seed gives the same split, order and random weights'),
  ];
}

function number(
  label: string,
  key: 'epochs' | 'batchSize' | 'size' | 'split' | 'seed',
  current: Choices,
  prompt: string,
): Item {
  return {
    label,
    description: String(current[key]),
    change: async () => {
      const text = await vscode.window.showInputBox({
        title: label.replace(/^\$\([^)]*\) /, ''),
        prompt,
        value: String(current[key]),
        validateInput: (value) => problem(key, value),
      });
      return text === undefined ? undefined : { [key]: Number(text) };
    },
  };
}

function problem(key: keyof Choices, text: string): string | undefined {
  const result = choices.shape[key].safeParse(text.trim() === '' ? Number.NaN : Number(text));
  return result.success ? undefined : result.error.issues[0]?.message;
}

async function changeWeights(): Promise<Partial<Choices> | undefined> {
  const random = { label: 'Random weights', detail: 'Learns from nothing; needs many pictures and epochs' };
  const file = {
    label: 'A weights file…',
    detail: 'NumPy .npz in Keras layout, such as MobileNetV2’s ImageNet weights',
  };
  const picked = await vscode.window.showQuickPick([random, file], { title: 'Start from' });
  if (picked === random) return { weights: undefined };
  if (picked !== file) return undefined;
  const chosen = await vscode.window.showOpenDialog({
    filters: { 'NumPy archive': ['npz'] },
    openLabel: 'Use These Weights',
  });
  return chosen?.[0] && { weights: chosen[0].fsPath };
}
