/**
 * What the host asks of the editor. Everything that decides something speaks to this, and its tests to a stand-in;
 * `vscodeEditor.ts` holds the calls of VS Code behind it.
 */
export interface Editor {
  readonly log: Log & { readonly lines: readonly string[] };
  /** Name and version of the program. */
  readonly version: string;
  /** Whether the user trusts the folder: only then may it be written to, and its settings count. */
  readonly trusted: boolean;
  /** Whether the user is at work elsewhere: in a text, or in another program. */
  readonly occupied: boolean;
  readonly workspaceFolders: readonly string[];
  /** A folder of Face Trainer's own, for what belongs to no workspace. */
  readonly storage: string;
  /** The workspace folder around a file. */
  workspaceFolderOf(file: string): string | undefined;
  /** A setting of Face Trainer, or with its whole name of somebody else. */
  setting(name: string): unknown;
  /** Whether the user has set it, be it to what it is by itself. */
  isSet(name: string): boolean;
  /** Sets it for all windows of the user. */
  keepSetting(name: string, value: unknown): Promise<void>;

  /** A notification. @returns the button that was chosen; undefined when it was closed */
  say<B extends string>(severity: Severity, message: string, ...buttons: readonly B[]): Promise<B | undefined>;
  /** A dialog that stands in front of everything until it is answered. */
  ask<B extends string>(message: string, detail: string, ...buttons: readonly B[]): Promise<B | undefined>;
  pick<T extends PickItem>(items: readonly T[], options: PickOptions): Promise<T | undefined>;
  /** Several, in the order of the list. @returns none when cancelled */
  pickMany<T extends PickItem>(items: readonly T[], options: PickOptions): Promise<readonly T[]>;
  input(options: InputOptions): Promise<string | undefined>;
  /** Files or folders that are there. @returns none when cancelled */
  chooseFiles(options: ChooseOptions): Promise<readonly Place[]>;
  /** @returns where to write */
  choosePlace(options: { title: string; place: string; filters: Filters }): Promise<string | undefined>;
  /** Shows a notification with a bar as long as the work goes on; its Cancel aborts the signal. */
  progress<T>(title: string, work: (report: Report, cancelled: AbortSignal) => Promise<T>): Promise<T>;

  execute(command: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Puts a text on the clipboard. */
  copy(text: string): Promise<void>;
  open(file: string): Promise<void>;
  /** A Markdown file as a page. */
  preview(file: string): Promise<void>;
  revealInExplorer(file: string): Promise<void>;
  /** How the user's browser reaches a page of this machine, also when the editor's window is on another one. */
  addressOf(url: string): Promise<string>;
  /** Opens an address in the user's browser. */
  browse(address: string): Promise<void>;
  /** @param focus whether the user asked for it just now; else it appears where it takes no key from anybody */
  newPanel(view: string, title: string, focus: boolean): Panel;
  /** Closes panels that an extension host left behind which is gone: nobody would answer them. */
  closePanels(view: string, title: string): void;
}

export type Severity = 'information' | 'warning' | 'error';

export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string | Error): void;
  show(): void;
}

export interface PickItem {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** A line with a heading, which cannot be chosen. */
  readonly separator?: true;
}

export interface PickOptions {
  readonly title: string;
  readonly placeHolder?: string;
}

export interface InputOptions {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  /** First and behind the last character that are selected; all when absent. */
  readonly selection?: [number, number];
  /** @returns what is wrong with a text, if something is */
  readonly problem: (text: string) => string | undefined;
}

/** Endings without their dot, by the words that a dialog shows. */
export type Filters = Readonly<Record<string, readonly string[]>>;

export interface ChooseOptions {
  readonly title: string;
  readonly openLabel: string;
  readonly what: 'file' | 'files' | 'folder';
  readonly filters?: Filters;
}

/** As the Explorer and dialogs hand it over: VS Code's `Uri` is one. */
export interface Place {
  readonly scheme: string;
  readonly fsPath: string;
}

/** @param percent more of the bar than before */
export type Report = (percent: number, message: string) => void;

/** A panel of the editor and the document in it. */
export interface Panel {
  title: string;
  /** Whether it is in front and has the focus. */
  readonly active: boolean;
  /** Shows a page of the extension. @param saved what the editor gives back with the panel after a reload */
  load(script: PageScript, saved: object): void;
  /** Shows a document that may run nothing and load nothing. */
  print(html: string): void;
  post(message: unknown): void;
  reveal(focus: boolean): void;
  close(): void;
  onMessage(listener: (raw: unknown) => void): void;
  onClosed(listener: () => void): void;
}

/** The bundles of `webview/`. */
export type PageScript = 'webview.js' | 'data.js' | 'model.js' | 'evaluate.js';
