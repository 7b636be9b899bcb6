import { UserError } from '../core/userError.js';
import type { Editor } from './editor.js';

/**
 * Stands before whatever writes a file or starts a process. Menus and commands refuse earlier and offer the way to trust; this holds
 * for pages that came back with the window, and for whatever else nobody thought of.
 *
 * @throws UserError `restricted` in a folder that is not trusted
 */
export function requireTrust({ trusted }: Editor): void {
  if (trusted) return;
  throw new UserError(
    'restricted',
    'This window is in Restricted Mode, in which Face Trainer writes no files and starts no processes.',
    'Trust the folder to go on.',
  );
}
