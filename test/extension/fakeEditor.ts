import path from 'node:path';
import type {
  Editor,
  InputOptions,
  PageScript,
  Panel,
  PickItem,
  Report,
  Severity,
} from '../../src/extension/editor.js';

/** A panel that keeps what it was told. */
export class FakePanel implements Panel {
  active = false;
  script: PageScript | undefined;
  saved: object | undefined;
  printed: string | undefined;
  loads = 0;
  isClosed = false;
  /** What reached the document. */
  readonly posted: unknown[] = [];
  /** Each time it was brought to the front: whether it took the focus. */
  readonly revealed: boolean[] = [];
  private readonly listeners: ((raw: unknown) => void)[] = [];
  private readonly closing: (() => void)[] = [];

  constructor(
    readonly view: string,
    public title: string,
    readonly focus: boolean,
  ) {}

  load(script: PageScript, saved: object): void {
    [this.script, this.saved] = [script, saved];
    this.loads++;
  }
  print(html: string): void {
    this.printed = html;
  }
  post(message: unknown): void {
    this.posted.push(structuredClone(message)); // as the editor does
  }
  reveal(focus: boolean): void {
    this.revealed.push(focus);
  }
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const listener of this.closing) listener();
  }
  onMessage(listener: (raw: unknown) => void): void {
    this.listeners.push(listener);
  }
  onClosed(listener: () => void): void {
    this.closing.push(listener);
  }

  /** Says something in the name of the document. */
  say(message: unknown): void {
    for (const listener of this.listeners) listener(message);
  }
}

interface Said {
  readonly severity: Severity | 'modal';
  readonly message: string;
  readonly detail?: string;
  readonly buttons: readonly string[];
}

/** An editor that keeps what it was asked, and answers from lists. */
export class FakeEditor implements Editor {
  trusted = true;
  occupied = false;
  workspaceFolders: string[] = [];
  storage = 'storage of nobody';
  settings: Record<string, unknown> = {};
  readonly said: Said[] = [];
  readonly panels: FakePanel[] = [];
  readonly executed: unknown[][] = [];
  readonly opened: string[] = [];
  readonly browsed: string[] = [];
  readonly logged: string[] = [];
  /** Buttons that are chosen, one for each message that has it; the others are closed without an answer. */
  readonly buttons: string[] = [];
  /** Beginnings of the labels that are picked; a list after the last one is cancelled. */
  readonly picks: string[] = [];
  /** Every list that was shown. */
  readonly lists: (readonly PickItem[])[] = [];
  readonly inputs: string[] = [];
  readonly files: (string | undefined)[] = [];
  /** Views and titles of panels left behind. */
  readonly closed: (readonly [view: string, title: string])[] = [];
  /** What a command does, by its name. */
  readonly commands: Record<string, (...args: readonly unknown[]) => unknown> = {};

  readonly version = 'Code 1.0';
  /** What was put on the clipboard. */
  readonly copied: string[] = [];
  /** Beginnings of the labels that are ticked in a list of which several can be. */
  readonly ticks: string[] = [];

  readonly log = {
    lines: this.logged,
    debug: (text: string) => void this.logged.push(`debug ${text}`),
    info: (text: string) => void this.logged.push(`info ${text}`),
    warn: (text: string) => void this.logged.push(`warn ${text}`),
    error: (text: string | Error) => void this.logged.push(`error ${String(text)}`),
    show: () => undefined,
  };

  workspaceFolderOf(file: string): string | undefined {
    return this.workspaceFolders.find((folder) => file === folder || file.startsWith(folder + path.sep));
  }
  setting(name: string): unknown {
    return this.settings[name];
  }
  isSet(name: string): boolean {
    return name in this.settings;
  }
  keepSetting(name: string, value: unknown): Promise<void> {
    this.settings[name] = value;
    return Promise.resolve();
  }
  say<B extends string>(severity: Severity, message: string, ...buttons: readonly B[]): Promise<B | undefined> {
    return this.answer({ severity, message, buttons }, buttons);
  }
  ask<B extends string>(message: string, detail: string, ...buttons: readonly B[]): Promise<B | undefined> {
    return this.answer({ severity: 'modal', message, detail, buttons }, buttons);
  }
  pick<T extends PickItem>(items: readonly T[]): Promise<T | undefined> {
    this.lists.push(items);
    const wished = this.picks.shift();
    return Promise.resolve(items.find(({ label }) => wished !== undefined && label.startsWith(wished)));
  }
  pickMany<T extends PickItem>(items: readonly T[]): Promise<readonly T[]> {
    this.lists.push(items);
    return Promise.resolve(items.filter(({ label }) => this.ticks.some((tick) => label.startsWith(tick))));
  }
  copy(text: string): Promise<void> {
    this.copied.push(text);
    return Promise.resolve();
  }
  input({ problem }: InputOptions): Promise<string | undefined> {
    const text = this.inputs.shift();
    if (text !== undefined && problem(text) !== undefined) throw new Error(`the input refuses ${text}`);
    return Promise.resolve(text);
  }
  chooseFiles(): Promise<{ scheme: string; fsPath: string }[]> {
    const file = this.files.shift();
    return Promise.resolve(file === undefined ? [] : [{ scheme: 'file', fsPath: file }]);
  }
  choosePlace({ place }: { place: string }): Promise<string | undefined> {
    return Promise.resolve(place);
  }
  progress<T>(_: string, work: (report: Report, cancelled: AbortSignal) => Promise<T>): Promise<T> {
    return work(() => undefined, new AbortController().signal);
  }
  async execute(command: string, ...args: readonly unknown[]): Promise<unknown> {
    this.executed.push([command, ...args]);
    return await this.commands[command]?.(...args);
  }
  open(file: string): Promise<void> {
    this.opened.push(file);
    return Promise.resolve();
  }
  preview(): Promise<void> {
    return Promise.resolve();
  }
  revealInExplorer(): Promise<void> {
    return Promise.resolve();
  }
  addressOf(url: string): Promise<string> {
    return Promise.resolve(url);
  }
  browse(address: string): Promise<void> {
    this.browsed.push(address);
    return Promise.resolve();
  }
  closePanels(view: string, title: string): void {
    this.closed.push([view, title]);
  }
  newPanel(view: string, title: string, focus: boolean): Panel {
    const panel = new FakePanel(view, title, focus);
    this.panels.push(panel);
    return panel;
  }

  private answer<B extends string>(said: Said, buttons: readonly B[]): Promise<B | undefined> {
    this.said.push(said);
    const chosen = buttons.find((button) => button === this.buttons[0]);
    if (chosen !== undefined) this.buttons.shift();
    return Promise.resolve(chosen);
  }
}

/** What outlives a window. */
export class Memory extends Map<string, unknown> {
  update(key: string, value: unknown): Promise<void> {
    this.set(key, value);
    return Promise.resolve();
  }
}

/** Lets everything go on that waits for nothing but promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for what takes files as well. @throws what never came true */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain: ${String(holds)}`);
    await settled();
  }
}
