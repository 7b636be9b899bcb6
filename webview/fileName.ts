/** The last part of a path of either system. */
export function nameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
