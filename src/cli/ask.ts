import { createInterface } from 'node:readline/promises';

/**
 * Asks at the terminal.
 *
 * @param question ends with what can be answered: "[Y/n] "
 * @param usual what Enter alone means
 * @returns undefined where nobody can be asked
 */
export async function ask(question: string, usual: boolean): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = (await terminal.question(question)).trim();
    return answer === '' ? usual : /^(y|yes)$/i.test(answer);
  } finally {
    terminal.close();
  }
}
