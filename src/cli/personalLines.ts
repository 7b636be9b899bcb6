import { formatBytes, formatCount, formatTotal } from '../core/format.js';
import type { Forgetting, LeftPlace, PersonalPlace } from '../protocol/personalData.js';

/** What each kind of place is called in a list. */
export const KIND_WORDS: Readonly<Record<PersonalPlace['kind'], string>> = {
  pictures: 'Pictures',
  'pixel-cache': 'Pixel cache',
  'face-cache': 'Face cache',
  embeddings: 'Embeddings',
  aligned: 'Crops',
  run: 'Run',
  recognizer: 'Recognizer',
  export: 'Export',
  exclusions: 'Exclusions',
  check: 'Check',
  temporary: 'Temporary',
  evidence: 'Evidence',
  list: 'List',
};
const COLUMN = 12;

/** A paragraph a place. */
export function placeLines(places: readonly PersonalPlace[]): string[] {
  const removable = places.filter(({ stays }) => stays === undefined);
  return [
    ...places.flatMap(({ kind, path, holds, dataset, bytes, files, stays }) => [
      row(KIND_WORDS[kind], path),
      row('', `${holds}${files > 0 ? `; ${sizeWords(bytes, files)}` : ''}`),
      ...(dataset === undefined || dataset === path ? [] : [row('', `of ${dataset}`)]),
      ...(stays === undefined ? [] : [row('', `stays: ${stays}`)]),
    ]),
    '',
    totalLine(removable),
  ];
}

export function totalLine(places: readonly PersonalPlace[]): string {
  return places.length === 0
    ? 'Nothing is kept that could be removed.'
    : `${formatCount(places.length, 'place')} can be removed, ${formatTotal(places)}: face-trainer privacy delete`;
}

export function deletedLines(removed: readonly PersonalPlace[], left: readonly LeftPlace[]): string[] {
  return [
    ...removed.map(({ path, holds }) => row('Removed', `${path}: ${holds}`)),
    ...left.map(({ path, why }) => row('Stays', `${path}: ${why}`)),
    `${formatCount(removed.length, 'place')} removed, ${formatTotal(removed)}.${left.length > 0 ? '' : ' Your own pictures are as they were.'}`,
  ];
}

/** What was found of a person, or done about it. */
export function forgettingLines(forgetting: Forgetting): string[] {
  const { done, traces, pictures, remains, left, advice, search, evidence, code } = forgetting;
  return [
    ...traces.map(({ path, found, bytes }) =>
      row(done ? 'Erased' : 'Found', `${found} (${formatBytes(bytes)}) in ${path}`),
    ),
    ...(traces.length === 0 ? ['Nothing is kept of this person.'] : []),
    ...pictures
      .slice(0, 1)
      .map((file) => row('Pictures', `${formatCount(pictures.length, 'picture')} of yours, such as ${file}`)),
    ...remains.map(({ path, what, bytes }) => row('Remains', `${what} (${formatBytes(bytes)}) in ${path}`)),
    ...left.map(({ path, why }) => row('Left', `${path}: ${why}`)),
    ...advice.map((sentence) => row('Advice', sentence)),
    ...(search ? searchLines(search) : []),
    ...(evidence === undefined ? [] : [row('Evidence', evidence)]),
    ...(code === undefined
      ? []
      : [
          row('Code', code),
          row('', 'shows whom the evidence is about. It is written nowhere: keep it if you need it.'),
        ]),
  ];
}

function searchLines({ files, bytes, names, pictures, vectors, hits }: NonNullable<Forgetting['search']>): string[] {
  const sought = `${formatCount(names, 'way')} to write the name, ${formatCount(pictures, 'picture')}, ${formatCount(vectors, 'vector')}`;
  return [
    row(
      'Searched',
      `${formatCount(files, 'file')} (${formatBytes(bytes)}) for ${sought}: ${hits.length === 0 ? 'nothing is left' : `${formatCount(hits.length, 'place')} left`}`,
    ),
    ...hits.map(({ path, what }) => row('Still there', `${what} in ${path}`)),
  ];
}

function sizeWords(bytes: number, files: number): string {
  return `${formatCount(files, 'file')}, ${formatBytes(bytes)}`;
}

function row(name: string, text: string): string {
  return `${name.padEnd(COLUMN)}${text}`;
}
