import os from 'node:os';
import { attackReader, told, type Tried } from './attackReader.js';
import type { Reader } from './reader.js';
import { READERS } from './readers/readers.js';

/**
 * Attacks every reader of a kind, so many at a time as there are cores, and prints what came of it.
 *
 * @param count cases of each
 * @param only part of a name: no others
 */
export async function attackReaders(attack: Reader['attack'], count: number, seed: number, only = ''): Promise<void> {
  const due = READERS.filter((reader) => reader.attack === attack && reader.name.includes(only));
  const faulty: Tried[] = [];
  const worker = async () => {
    for (let reader = due.shift(); reader; reader = due.shift()) {
      const tried = await attackReader(reader, { count, seed });
      console.log(told(tried));
      if (tried.faults.length > 0) faulty.push(tried);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, os.availableParallelism()) }, worker));
  if (faulty.length > 0) process.exitCode = 1;
}
