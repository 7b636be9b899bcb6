import fs from 'node:fs';
import path from 'node:path';

/** The compiled native engine of this platform: beside the bundles, or in a checkout's `dist`. Undefined: not built. */
export function nativeAddonFile(): string | undefined {
  const name = path.join('native', `${process.platform}-${process.arch}.node`);
  const places = [path.join(__dirname, name), path.join(__dirname, '..', '..', 'dist', name)];
  return places.find((file) => fs.existsSync(file));
}
