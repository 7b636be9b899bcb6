/** "45 s", "3 min 05 s", "2 h 07 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** "340 bytes", "12 kB", "4.9 MB", "1.2 GB": of a thousand each. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return formatCount(bytes, 'byte');
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Of all together, as {@link formatBytes}. */
export function formatTotal(parts: readonly { readonly bytes: number }[]): string {
  return formatBytes(parts.reduce((sum, { bytes }) => sum + bytes, 0));
}

/** 0.9251 → "92.5 %". */
export function formatPercent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(1)} %`;
}

/** A cosine as people read it: 0.4149 → "0.41", -0.0149 → "−0.01". */
export function formatSimilarity(similarity: number): string {
  const text = similarity.toFixed(2);
  return text === '-0.00' ? '0.00' : text.replace('-', '\u2212');
}

/** Four significant figures, never in exponent form for the sizes a loss takes. */
export function formatLoss(loss: number | undefined): string {
  if (loss === undefined) return '–';
  return loss >= 100 ? loss.toFixed(1) : loss.toFixed(4);
}

/** "1 picture", "2,345 pictures". */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`;
}

/** "Anna, Bo and 3 more". */
export function formatList(names: readonly string[], shown = 3): string {
  if (names.length <= shown) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${(names.length - shown).toLocaleString('en-US')} more`;
}

/** What stands for a text alone in a regular expression, `u` or not, and inside of brackets. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/-/g, '\\x2d');
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
