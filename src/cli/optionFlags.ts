import path from 'node:path';
import * as z from 'zod';
import { optionsOf, type Option, type OptionInfo } from '../protocol/optionInfo.js';
import { optionProblem, toldIssue } from '../protocol/optionProblem.js';
import { UsageError, type OptionFlag } from './flag.js';
import type { Given } from './given.js';

/** The flags that set the fields of a schema. */
export function optionFlags(schema: z.ZodObject, defaults: (option: Option) => string = ownDefault): OptionFlag[] {
  return optionsOf(schema).map((option) => {
    const { info, path: at } = option;
    const fallback = defaults(option);
    return {
      name: info.flag,
      ...(info.aliases && { aliases: info.aliases }),
      ...(info.value === undefined ? {} : { value: info.value }),
      help: `${info.help}${choicesOf(option)}${fallback === '' ? '' : ` (${fallback})`}`,
      path: at,
      read: (text, cwd) => read(info, text, cwd),
    };
  });
}

function choicesOf({ schema, info }: Option): string {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.unwrap();
  return info.listed && inner instanceof z.ZodEnum ? `: ${inner.options.join(', ')}` : '';
}

/** What an option is where nobody sets it, as one would write it. */
export function ownDefault({ schema }: Option): string {
  return optionText((schema as z.ZodType).safeParse(undefined).data);
}

/** A value as it is written on the command line; empty where that would be to leave it out. */
export function optionText(value: unknown): string {
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return '';
  if (value === true) return 'yes';
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const parts = Object.entries(value ?? {}).filter(([, strength]) => strength !== false && strength !== 0);
  return (
    parts.map(([name, strength]) => (strength === true ? name : `${name}=${String(strength)}`)).join(',') || 'none'
  );
}

/** Text that is no value of its kind is handed on as it is: the schema says what is wrong with it. */
function read({ value, read: how }: OptionInfo, text: string | true, cwd: string): unknown {
  if (text === true) return true;
  if (how === 'start') return ['faces', 'imagenet', 'random'].includes(text) ? text : path.resolve(cwd, text);
  if (how === 'strengths') return strengths(text);
  if (value === 'N' || value === 'F') return number(text);
  if (value === 'FILE' || value === 'FOLDER') return path.resolve(cwd, text);
  const parts = text.split(',').map((part) => part.trim());
  if (how === 'numbers') return parts.map(number);
  return value === 'LIST' ? parts : text;
}

function number(text: string): number | string {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

/** "flip,shift,rotation=10" */
function strengths(text: string): Record<string, unknown> {
  if (text.trim() === 'none') return {};
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [name, ...rest] = part.trim().split('=');
      return [name!, rest.length === 0 ? true : number(rest.join('='))];
    }),
  );
}

/** What the flags say, as the schema takes it: `{ quantization: { observer: 'entropy' } }`. */
export function fieldsOf(flags: readonly OptionFlag[], given: Given): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { name, path: at, read } of flags) {
    const value = given.value(name);
    if (value === undefined) continue;
    let inner = fields;
    for (const key of at.slice(0, -1)) inner = (inner[key] ??= {}) as Record<string, unknown>;
    inner[at.at(-1)!] = read(value, given.cwd);
  }
  return fields;
}

/** Of a choice of which no part fits, what is wrong inside the part that fits best, where that can be told. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.map(([first]) => first).find((first) => first && first.path.length > 0);
  return inner ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
}

/** @throws UsageError that names the flag and says what it takes */
export function checked<T>(result: z.ZodSafeParseResult<T>, flags: readonly OptionFlag[], given: Given): T {
  if (result.success) return result.data;
  const issue = deepest(toldIssue(result.error));
  // A problem inside the value of a flag, or that of several flags together.
  const at = issue.path.join('.');
  const own = flags.filter(({ path: field }) => `${at}.`.startsWith(`${field.join('.')}.`));
  const concerned = own.length > 0 ? own : flags.filter(({ path: field }) => field.join('.').startsWith(`${at}.`));
  const [first] = concerned;
  if (!first) throw new Error(`${at}: ${issue.message}`);
  // Which of the strengths in a list: a boolean's problem names it itself.
  const inside = issue.path.slice(first.path.length).filter((part) => typeof part === 'string');
  const within = own.length > 0 && !(issue.code === 'invalid_type' && issue.expected === 'boolean') ? inside : [];
  const names = [concerned.map(({ name }) => `--${name}`).join(' and '), ...within].join(' ');
  const value = given.value(first.name);
  const problem = optionProblem(issue);
  // A sentence about a name inside the value has it already.
  const named = issue.code === 'unrecognized_keys' && problem !== undefined;
  const not = named || concerned.length > 1 || typeof value !== 'string' ? '' : `, not “${value}”`;
  throw new UsageError(`${names}: ${problem ?? first.help}${not}.`);
}
