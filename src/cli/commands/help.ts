import { EXIT, type Command } from '../command.js';
import { UsageError, type Flag } from '../flag.js';
import { COMMON } from '../given.js';
import { nearest } from '../nearest.js';

/** Letters in a line. */
const WIDTH = 110;

/** @param commands all of them but this one */
export function helpCommand(commands: readonly Command[]): Command<Command | undefined> {
  const help: Command<Command | undefined> = {
    name: 'help',
    takes: ['[command]'],
    summary: 'list the commands, or explain one',
    flags: [],

    parse({ words: [name, more] }) {
      if (more !== undefined) throw new UsageError(`Unexpected argument “${more}”: one command is enough.`);
      return name === undefined ? undefined : findCommand(name, [...commands, help]);
    },

    run(command) {
      process.stdout.write(command ? helpOf(command) : overview([...commands, help]));
      return Promise.resolve(EXIT.ok);
    },
  };
  return help;
}

/** @throws UsageError where there is none of this name */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const near = nearest(
    name,
    commands.map((command) => command.name),
  );
  throw new UsageError(`There is no command “${name}”.${near === undefined ? '' : ` Did you mean “${near}”?`}`);
}

export function overview(commands: readonly Command[]): string {
  return [
    'Face Trainer trains face-recognition networks on this machine.',
    '',
    ...columns(
      commands.map(({ name, summary }) => [name, summary]),
      2,
    ),
    '',
    '“face-trainer help <command>” shows the options of a command.',
    '',
  ].join('\n');
}

export function helpOf({ name, takes, summary, flags }: Command): string {
  return [
    ...takes.map((words) => `face-trainer ${name} ${words}`.trim()),
    '',
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    '',
    ...columns(
      [...flags, ...COMMON.filter((flag) => flag.name === 'help')].map((flag) => [inFull(flag), flag.help]),
      2,
    ),
    '',
  ].join('\n');
}

function inFull({ name, value }: Flag): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** Two columns, the second of which is broken into lines. */
function columns(rows: readonly (readonly [string, string])[], indent: number): string[] {
  const first = indent + Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.flatMap(([name, text]) =>
    broken(text, WIDTH - first).map((line, i) => (i === 0 ? `${' '.repeat(indent)}${name}` : '').padEnd(first) + line),
  );
}

function broken(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ').flatMap((one) => pieces(one, width))) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A word that no line holds in pieces that end with a comma, each as long as a line takes. */
function pieces(word: string, width: number): string[] {
  const made = [''];
  for (const part of word.length <= width ? [word] : word.split(/(?<=,)/)) {
    if (made.at(-1)!.length + part.length <= width) made[made.length - 1] = made.at(-1)! + part;
    else made.push(part);
  }
  return made;
}
