import fs from 'node:fs';
import path from 'node:path';

/** A file that the build makes: beside the bundle that asks, or in a checkout's `dist`. Undefined: not built. */
export function bundledFile(...name: string[]): string | undefined {
  const places = [path.join(__dirname, ...name), path.join(__dirname, '..', '..', 'dist', ...name)];
  return places.find((file) => fs.existsSync(file));
}
