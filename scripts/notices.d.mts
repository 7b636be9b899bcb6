import type { Metafile } from 'esbuild';

export interface Notice {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly source: string;
  readonly text: string;
}
export function bundledPackages(metafiles: readonly Metafile[]): string[];
export function packedPackages(allowList: string): string[];
export function noticeOf(folder: string): Notice;
export function noticesText(folders: readonly string[]): string;
export function noticeSection(heads: readonly string[], text: string): string;
