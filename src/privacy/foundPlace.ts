import { createHash } from 'node:crypto';
import type { PersonalPlace } from '../protocol/personalData.js';

/** A place, and for those that share a folder with others the files that it is. */
export interface FoundPlace extends Omit<PersonalPlace, 'id'> {
  readonly parts?: readonly string[];
}

/** What is told of a place: the same place has the same id in every list. */
export function toldPlace({ parts, ...place }: FoundPlace): PersonalPlace {
  const own = [place.kind, place.path, parts ? (place.dataset ?? '') : ''].join('\0');
  return { id: createHash('sha256').update(own).digest('hex').slice(0, 12), ...place };
}
