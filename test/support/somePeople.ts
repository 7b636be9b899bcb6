import fs from 'node:fs';
import path from 'node:path';
import { sharedPaths } from './shared.js';

/** Copies so many people of `wild` with so many pictures each into a folder. @returns their names */
export function somePeople(folder: string, count: number, each: number): string[] {
  const names = fs
    .readdirSync(sharedPaths.wild)
    .filter((name) => fs.statSync(path.join(sharedPaths.wild, name)).isDirectory())
    .filter((name) => fs.readdirSync(path.join(sharedPaths.wild, name)).length >= each)
    .slice(0, count);
  for (const name of names) {
    fs.mkdirSync(path.join(folder, name), { recursive: true });
    for (const file of fs.readdirSync(path.join(sharedPaths.wild, name)).sort().slice(0, each))
      fs.copyFileSync(path.join(sharedPaths.wild, name, file), path.join(folder, name, file));
  }
  return names;
}
