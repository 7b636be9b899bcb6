import type { Command } from './command.js';
import { COMMANDS } from './commands.js';
import { findCommand } from './commands/help.js';
import { UsageError } from './flag.js';
import { COMMON, Given, readLine, type Line } from './given.js';
import { nearest } from './nearest.js';

/**
 * Which command a command line calls, and what it wants of it.
 *
 * @param cwd folder that paths are relative to
 * @throws UsageError
 */
export function readCommand(args: readonly string[], cwd: string): { command: Command; wish: unknown } {
  const line = readLine(
    args,
    COMMANDS.flatMap(({ flags }) => flags),
  );
  const asks = (name: string) => line.flags.some((flag) => flag.name === name);
  if (asks('version')) return { command: findCommand('version', COMMANDS), wish: undefined };
  const { command: name = 'help' } = line;
  if (asks('help') && name !== 'help')
    return { command: findCommand('help', COMMANDS), wish: findCommand(name, COMMANDS) };
  const command = findCommand(name, COMMANDS);
  try {
    return { command, wish: command.parse(givenTo(command, line, cwd)) };
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(error.message, command.name) : error;
  }
}

/** @throws UsageError for flags that the command does not take */
function givenTo(command: Command, line: Line, cwd: string): Given {
  const flags = line.flags.filter(({ name }) => !COMMON.some((common) => common.name === name));
  for (const { name } of flags)
    if (!command.flags.some((flag) => flag.name === name)) throw new UsageError(notTaken(command, name), command.name);
  return new Given(line.words, new Map(flags.map(({ name, value }) => [name, value ?? true])), cwd);
}

function notTaken({ name: command, flags }: Command, name: string): string {
  const flag = `${name.length === 1 ? '-' : '--'}${name}`;
  const others = COMMANDS.filter((other) => other.flags.some((known) => known.name === name)).map(
    (other) => other.name,
  );
  if (others.length > 0) return `${flag} is an option of ${inWords(others)}, not of ${command}.`;
  const near = nearest(
    name,
    flags.map((known) => known.name),
  );
  return `There is no option ${flag}.${near === undefined ? '' : ` Did you mean --${near}?`}`;
}

/** "train, qat and resume". */
function inWords(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');
}
