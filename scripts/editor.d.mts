/** Where the test editor is installed. */
export function editorFolder(): string;
/** npm's package with a Node binary for this platform. */
export function nodePackage(): string;
export function findChromium(): string | undefined;
export function ensureEditor(): Promise<void>;
