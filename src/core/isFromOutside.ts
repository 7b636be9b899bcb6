/** Ends that say of a run itself nothing: it was broken off. */
const FROM_OUTSIDE: ReadonlySet<string> = new Set([
  'machine-restarted',
  'trainer-vanished',
  'trainer-killed',
  'memory-low',
]);

export function isFromOutside({ code }: { readonly code: string }): boolean {
  return FROM_OUTSIDE.has(code);
}
