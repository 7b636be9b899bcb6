import fs from 'node:fs';
import path from 'node:path';

/** Files of a case that the product wrote, put back before the next changes others of them. */
export class SampleFiles {
  private readonly originals = new Map<string, Buffer>();
  private changed = new Set<string>();

  /** @param names relative to the folder, where they lie */
  constructor(
    readonly folder: string,
    names: readonly string[],
  ) {
    for (const name of names) this.originals.set(name, fs.readFileSync(path.join(folder, name)));
  }

  get names(): readonly string[] {
    return [...this.originals.keys()];
  }

  original(name: string): Buffer {
    return this.originals.get(name)!;
  }

  /** All as they were but those that were changed since. */
  restore(): void {
    for (const name of this.changed) fs.writeFileSync(path.join(this.folder, name), this.original(name));
    this.changed = new Set();
  }

  change(name: string, content: string | Uint8Array): void {
    fs.writeFileSync(path.join(this.folder, name), content);
    this.changed.add(name);
  }
}
