/** Where the test editor is installed. */
export function editorFolder(): string;
/** npm's package with a Node binary for this platform. */
export function nodePackage(): string;
/** The Node that npm has installed from that package into a folder. */
export function nodeBinaryIn(folder: string): string;
export function findChromium(): string | undefined;
export function ensureEditor(): Promise<void>;
