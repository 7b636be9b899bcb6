import { pathToFileURL } from 'node:url';
import { bundledFile } from '../platform/bundledFile.js';
import type * as kerasFile from './kerasFile.js';

/** The reader and writer of Keras' files, with the HDF5 library that they bring along. */
export async function loadKerasFile(): Promise<typeof kerasFile> {
  const file = bundledFile('kerasFile.mjs');
  if (!file) throw new Error('kerasFile.mjs is missing beside the program: build it with npm run build');
  return (await import(pathToFileURL(file).href)) as typeof kerasFile;
}
