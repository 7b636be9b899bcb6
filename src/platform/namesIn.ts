import fs from 'node:fs';

/** The names in a folder, in their order; none where there is no such folder, or it may not be read. */
export function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}
