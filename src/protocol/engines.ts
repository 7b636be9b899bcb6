import * as z from 'zod';

/** What can compute a training step, with what the editor's settings say of it; `auto` takes the first that is there. */
export const ENGINES = {
  native: 'The native engine: C++ kernels inside the extension, the fastest on a CPU',
  tensorflow: 'TensorFlow (tfjs-node); a run fails when it is not set up',
  javascript: 'Plain JavaScript: works everywhere, very slow',
} as const;

export const engineName = z.enum(namesOf(ENGINES));
export type EngineName = z.infer<typeof engineName>;
export const ENGINE_NAMES: readonly EngineName[] = namesOf(ENGINES);

function namesOf<Name extends string>(table: Readonly<Record<Name, string>>): Name[] {
  return Object.keys(table) as Name[];
}
