/** What stands behind two dashes. */
export interface Flag {
  readonly name: string;
  /** Other names that are understood, and shown nowhere. */
  readonly aliases?: readonly string[];
  /** What stands for its value in the help; a switch takes none. */
  readonly value?: string;
  readonly help: string;
}

/** A flag that sets a field of an order or of options. */
export interface OptionFlag extends Flag {
  /** Where the value stands in what the schema parses. */
  readonly path: readonly string[];
  readonly read: (text: string | true, cwd: string) => unknown;
}

/** A command line that says what no command takes. */
export class UsageError extends Error {
  /** @param command whose help would tell */
  constructor(
    message: string,
    readonly command?: string,
  ) {
    super(message);
  }
}
