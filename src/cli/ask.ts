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

/**
 * Asks whether to do what cannot be taken back, and says where it is not done.
 *
 * @param verb "erase", and `done`: "erased"
 */
export async function confirmed(question: string, verb: string, done: string): Promise<boolean> {
  const answer = await ask(`${question} [y/N] `, false);
  if (answer === undefined) console.error(`Nothing was ${done}: nobody could be asked. Add --yes to ${verb} it.`);
  else if (!answer) console.error(`Nothing was ${done}.`);
  return answer === true;
}
