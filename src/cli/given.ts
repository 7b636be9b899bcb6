import path from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError, type Flag } from './flag.js';

/** What stands on the command line behind the name of a command. */
export class Given {
  constructor(
    /** Folders and files, in their order. */
    readonly words: readonly string[],
    private readonly values: ReadonlyMap<string, string | true>,
    readonly cwd: string,
  ) {}

  has(flag: string): boolean {
    return this.values.has(flag);
  }

  /** A switch is `true`. */
  value(flag: string): string | true | undefined {
    return this.values.get(flag);
  }

  /** Absolute. */
  path(flag: string): string | undefined {
    const value = this.values.get(flag);
    return typeof value === 'string' ? path.resolve(this.cwd, value) : undefined;
  }

  /**
   * The one folder or file that a command is about; absolute.
   *
   * @throws UsageError where there is none or more than one
   */
  only(missing: string): string {
    const [word, more] = this.words;
    if (word === undefined) throw new UsageError(missing);
    if (more !== undefined) throw new UsageError(`Unexpected argument “${more}”: one folder is enough.`);
    return path.resolve(this.cwd, word);
  }

  /** @throws UsageError where something stands that a command has no use for */
  none(): void {
    if (this.words[0] !== undefined) throw new UsageError(`Unexpected argument “${this.words[0]}”.`);
  }
}

/** Understood behind every command. */
export const COMMON: readonly (Flag & { readonly short: string })[] = [
  { name: 'help', short: 'h', help: 'show the options of the command' },
  { name: 'version', short: 'v', help: 'show the version' },
];

/** A command line cut into the name of a command, what it is about, and flags; nothing is judged yet. */
export interface Line {
  readonly command: string | undefined;
  readonly words: readonly string[];
  readonly flags: readonly { readonly name: string; readonly value: string | undefined }[];
}

/**
 * @param known the flags of all commands
 * @throws UsageError for a flag without its value, and a switch with one
 */
export function readLine(args: readonly string[], known: readonly Flag[]): Line {
  const flags: readonly (Flag & { short?: string })[] = [...COMMON, ...known];
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      flags.flatMap(({ name, aliases = [], value, short }) =>
        [name, ...aliases].map((known) => [
          known,
          { type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) },
        ]),
      ),
    ),
    // Unknown ones are told of by the command, which knows its own.
    strict: false,
    tokens: true,
  });
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const given = tokens.flatMap((token) => {
    if (token.kind !== 'option') return [];
    const { rawName, value, inlineValue } = token;
    const known = flags.find((flag) => flag.name === token.name || flag.aliases?.includes(token.name));
    if (known?.value === undefined && known && value !== undefined)
      throw new UsageError(`${rawName} is a switch and takes no value.`, words[0]);
    // "--epochs --batch 8": a value is missing. Numbers below zero are values, which the option refuses in its own words.
    const missing = value === undefined || (!inlineValue && /^-(?![\d.])/.test(value));
    if (known?.value !== undefined && missing)
      throw new UsageError(`${rawName} needs a value: ${rawName} ${known.value}.`, words[0]);
    return [{ name: known?.name ?? token.name, value }];
  });
  const [command, ...rest] = words;
  return { command, words: rest, flags: given };
}
