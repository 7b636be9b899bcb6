import { createInterface } from 'node:readline/promises';
import {
  downloadImageNetWeights,
  imageNetFile,
  isDownloaded,
  type PretrainedNetwork,
} from '../weights/imageNetWeights.js';
import type { TrainingOptions } from '../protocol/options.js';

/**
 * Gets the ImageNet weights that a training wants, when the user has said yes: by an option, or to a question at a
 * terminal. Without either the training itself says that they are missing.
 */
export async function getWeights(
  options: TrainingOptions,
  consent: boolean,
  say: (line: string) => void,
): Promise<void> {
  if (options.weights !== 'imagenet') return;
  const file = imageNetFile(options);
  if (isDownloaded(file)) return;
  if (
    !consent &&
    !(await ask(
      `Training needs ImageNet weights, about ${file.megabytes} MB from ${new URL(file.url).host}. Download them once? [Y/n] `,
    ))
  )
    return;
  await downloadWeights(options, say);
}

export async function downloadWeights(network: PretrainedNetwork, say: (line: string) => void): Promise<void> {
  const file = imageNetFile(network);
  if (isDownloaded(file)) {
    say(`The weights are already in ${file.path}`);
    return;
  }
  say(`Downloading ${file.name} from ${new URL(file.url).host}`);
  let told = 0;
  await downloadImageNetWeights(file, {
    onProgress: (bytes, total) => {
      if (bytes - told < 2e6 && bytes !== total) return;
      told = bytes;
      say(`  ${(bytes / 1e6).toFixed(1)}${total === undefined ? '' : ` of ${(total / 1e6).toFixed(1)}`} MB`);
    },
  });
  say(`The weights are now in ${file.path}`);
}

/** @returns false where nobody can be asked */
async function ask(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(y|yes|)$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}
