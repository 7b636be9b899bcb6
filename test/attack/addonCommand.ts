import { buildSanitizedAddon, sanitizedEnvironment } from '../support/sanitized.js';
import { attackAddon } from './addonAttack.js';

/** Compiles the addon for the sanitizers and tries so many cases; says each that ended a process, and how to see it again. */
export async function attackAddonOften(count: number, seed: number, folder: string): Promise<void> {
  const compiler = process.env['CXX'] ?? 'g++';
  console.log('Compiling the addon with the address and undefined-behaviour sanitizers');
  const file = await buildSanitizedAddon(compiler, folder);
  const { cases, refused, ran, died } = await attackAddon({
    ...{ file, count, seed, environment: await sanitizedEnvironment(compiler) },
    onDeath: (index, report) => console.log(`--seed ${seed + index} --count 1:\n${report}`),
  });
  const n = (number: number) => number.toLocaleString('en-US');
  console.log(`${n(cases)} cases: ${n(refused)} calls refused, ${n(ran)} steps computed; ${n(died)} ended the process`);
  if (died > 0) process.exitCode = 1;
}
