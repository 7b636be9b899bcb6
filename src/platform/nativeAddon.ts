import { bundledFile } from './bundledFile.js';

/** The compiled native engine of this platform. Undefined: not built. */
export function nativeAddonFile(): string | undefined {
  return bundledFile('native', `${process.platform}-${process.arch}.node`);
}
