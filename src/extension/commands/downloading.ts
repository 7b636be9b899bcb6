import type { DownloadOptions } from '../../weights/download.js';
import type { Editor } from '../editor.js';
import { wordsOf } from '../failures.js';

/** How a download ended; of a failure what a user reads. */
export type Downloaded = 'done' | 'cancelled' | { readonly failure: string };

/**
 * Downloads under a notification with a bar and a Cancel, through the proxy of the editor's settings.
 *
 * @param megabytes about, until the server tells the length
 */
export async function downloadUnderBar(
  editor: Editor,
  title: string,
  megabytes: number,
  download: (options: Pick<DownloadOptions, 'onProgress' | 'signal' | 'proxy'>) => Promise<unknown>,
): Promise<Downloaded> {
  const proxy = editor.setting('http.proxy');
  return editor.progress(title, async (report, signal) => {
    let told = 0;
    const onProgress = (bytes: number, total = megabytes * 1e6) => {
      report(((bytes - told) / total) * 100, `${(bytes / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`);
      told = bytes;
    };
    try {
      await download({ signal, onProgress, proxy: typeof proxy === 'string' ? proxy : undefined });
      return 'done';
    } catch (error) {
      if (signal.aborted) return 'cancelled';
      editor.log.error(error instanceof Error ? error : String(error));
      return { failure: wordsOf(error) };
    }
  });
}
