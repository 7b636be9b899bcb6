import { UserError } from '../core/userError.js';
import type { LastWord } from '../protocol/jobs.js';
import type { Editor } from './editor.js';

/** A failure in words: what is wrong and, where somebody knows, what to do. */
export function wordsOf(failure: unknown): string {
  if (failure instanceof UserError) return `${failure.message} ${failure.advice}`;
  return failure instanceof Error ? failure.message : String(failure);
}

/** For the log with its stack, for people in a sentence. */
export function tellFailure(editor: Editor, failure: unknown): void {
  editor.log.error(failure instanceof Error ? failure : String(failure));
  inBackground(editor, editor.say('error', `Face Trainer: ${wordsOf(failure)}`));
}

/** What a job says of its failure; nothing of another end. */
export function tellEnd(editor: Editor, end: LastWord): void {
  if (end.type === 'failure') inBackground(editor, editor.say('error', `${end.message} ${end.advice}`));
}

/** Lets something go on that nobody waits for; its failure still reaches the log and the user. */
export function inBackground(editor: Editor, work: Promise<unknown>): void {
  work.catch((failure: unknown) => tellFailure(editor, failure));
}
