import { pathToFileURL } from 'node:url';
import { bundledFile } from '../platform/bundledFile.js';
import type * as bundle from './proxyAgent.js';

/** The library for proxies, where one is needed. */
export async function loadProxyAgent(): Promise<typeof bundle> {
  const file = bundledFile('proxyAgent.js');
  if (!file) throw new Error('proxyAgent.js is missing beside the program: build it with npm run build');
  return (await import(pathToFileURL(file).href)) as typeof bundle;
}
