import { pathToFileURL } from 'node:url';
import { bundledFile } from '../platform/bundledFile.js';
import type * as kerasFile from './kerasFile.js';

/** Where the reader and writer of Keras' files lies, with the HDF5 library that they bring along. */
export function kerasFileUrl(): URL {
  const file = bundledFile('kerasFile.mjs');
  if (!file) throw new Error('kerasFile.mjs is missing beside the program: build it with npm run build');
  return pathToFileURL(file);
}

/** To write files; a stranger's are read by `readKeras`. */
export async function loadKerasFile(): Promise<typeof kerasFile> {
  return (await import(kerasFileUrl().href)) as typeof kerasFile;
}
