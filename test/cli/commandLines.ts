import assert from 'node:assert/strict';
import path from 'node:path';
import type * as z from 'zod';
import { COMMANDS } from '../../src/cli/commands.js';
import { UsageError } from '../../src/cli/flag.js';
import { readCommand } from '../../src/cli/readCommand.js';

export const cwd = path.resolve('/home');
/** A command by its name. */
export const command = (name: string) => COMMANDS.find((known) => known.name === name)!;

/** The error with which a command line is refused. */
export function refused(...args: string[]): UsageError {
  try {
    readCommand(args, cwd);
  } catch (error) {
    assert.ok(error instanceof UsageError, `${args.join(' ')}: ${String(error)}`);
    return error;
  }
  throw new Error(`${args.join(' ')}: was taken`);
}

/** What a command line wants, as the schema of its command understands it. */
export function wishOf<T extends z.ZodType>(schema: T, ...args: string[]): z.infer<T> {
  return schema.parse(readCommand(args, cwd).wish);
}
