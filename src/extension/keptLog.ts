import type { Log } from './editor.js';

const MOST_LINES = 400;

/** A log that remembers its last lines, for whoever wants to report what went wrong. */
export class KeptLog implements Log {
  private kept: string[] = [];

  constructor(private readonly log: Log) {}

  /** The oldest first. */
  get lines(): readonly string[] {
    return this.kept;
  }

  debug(text: string): void {
    this.log.debug(text);
  }
  info(text: string): void {
    this.keep('info', text);
    this.log.info(text);
  }
  warn(text: string): void {
    this.keep('warn', text);
    this.log.warn(text);
  }
  error(text: string | Error): void {
    this.keep('error', text instanceof Error ? (text.stack ?? text.message) : text);
    this.log.error(text);
  }
  show(): void {
    this.log.show();
  }

  private keep(level: string, text: string): void {
    this.kept.push(`${new Date().toISOString()} ${level} ${text}`);
    if (this.kept.length > MOST_LINES) this.kept = this.kept.slice(-MOST_LINES);
  }
}
