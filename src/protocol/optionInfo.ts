import * as z from 'zod';

/** What people meet of an option: at the terminal, in the editor, in the documentation. */
export interface OptionInfo {
  /** On the command line, without the dashes. */
  readonly flag: string;
  /** What the flag was called before: understood, and shown nowhere. */
  readonly aliases?: readonly string[];
  /** What stands for the value in the help: N for a whole number, F for one with a fraction, …; a switch takes none. */
  readonly value?: 'N' | 'F' | 'NAME' | 'FILE' | 'FOLDER' | 'LIST';
  /** Half a sentence; what it is when nobody says otherwise is added from the schema. */
  readonly help: string;
  /** The help at the terminal lists what can be chosen. */
  readonly listed?: true;
  /** How text becomes the value, where `value` does not tell: "flip,scale=0.1", "3,5", or a start by name or by path. */
  readonly read?: 'strengths' | 'numbers' | 'start';
  /** A fine-tuning has the default, whatever its parent was trained with; it takes over everything else. */
  readonly startsAnew?: true;
  /** The row in the editor's list of options, where it has one. */
  readonly pick?: OptionPick;
}

export interface OptionPick {
  /** Rows stand in the order of these numbers, which leave room between them. */
  readonly place: number;
  readonly label: string;
  /** One of VS Code's icons. */
  readonly icon: string;
  /** Above the box that asks for a number. */
  readonly prompt?: string;
  /** What can be chosen, and in which words. */
  readonly values?: Readonly<Record<string, { readonly label: string; readonly detail: string }>>;
  /** What the row says where the option is not set; it may then be unset. */
  readonly unset?: string;
  /** Shown only where the training starts from the face network: elsewhere the option says nothing. */
  readonly ofFaces?: true;
  /** Under which name the editor remembers it, where that is not the option's own. */
  readonly key?: string;
}

export const optionInfo = z.registry<OptionInfo>();

/** An option with its place in the orders and options that hold it. */
export interface Option {
  readonly path: readonly string[];
  readonly schema: z.core.$ZodType;
  readonly info: OptionInfo;
}

/** Every option that a schema tells of, also those inside others, in the order of the schema. */
export function optionsOf(schema: z.core.$ZodType, path: readonly string[] = []): Option[] {
  const info = optionInfo.get(schema);
  if (info) return [{ path, schema, info }];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return optionsOf(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => optionsOf(option, path));
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries<z.core.$ZodType>(schema.shape).flatMap(([name, field]) => optionsOf(field, [...path, name]));
}
