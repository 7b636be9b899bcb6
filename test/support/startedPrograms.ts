import fs from 'node:fs';

/** Between two looks, milliseconds: a program of Node or Python lives for ten of them at least, before it does anything. */
const PERIOD_MS = 10;

/** The command line of every program that is started with a marked environment, as Linux tells them. */
export class StartedPrograms {
  private readonly seen = new Map<string, string>();
  /** Whether a process is marked, which does not change. */
  private readonly marked = new Map<string, boolean>();
  private readonly timer = setInterval(() => this.look(), PERIOD_MS);

  /** @param mark `NAME=value`, which children inherit */
  constructor(private readonly mark: string) {}

  get commandLines(): string[] {
    return [...this.seen.values()];
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (!this.isMarked(pid)) continue;
        // A process is a copy of its parent until its program is read.
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        if (line !== '') this.seen.set(`${pid} ${line}`, line);
      } catch {
        // It has ended.
      }
    }
  }

  private isMarked(pid: string): boolean {
    const known = this.marked.get(pid);
    if (known !== undefined) return known;
    const environment = fs.readFileSync(`/proc/${pid}/environ`, 'utf8');
    const marked = environment.split('\0').includes(this.mark);
    // That of one that has only just begun is not there yet.
    if (environment !== '') this.marked.set(pid, marked);
    return marked;
  }
}
