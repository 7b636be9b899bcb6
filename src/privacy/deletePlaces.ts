import fs from 'node:fs';
import path from 'node:path';
import { CONTACT_SHEET } from '../faces/alignFaces.js';
import { isCrop, JOURNAL, readJournal } from '../faces/alignJournal.js';
import { LABELS_FILE } from '../dataset/labelsFile.js';
import { namesIn } from '../platform/namesIn.js';
import { keepPlaces } from '../platform/writtenPlaces.js';
import type { LeftPlace, PersonalPlace } from '../protocol/personalData.js';
import { isWithin } from './folderSize.js';
import { toldPlace, type FoundPlace } from './foundPlace.js';

export interface Deleted {
  readonly removed: PersonalPlace[];
  readonly left: LeftPlace[];
}

/**
 * Removes places of a list. Nothing else can be named, and of a folder of crops only what Align Faces has written goes.
 *
 * @param ids as `toldPlace` gives them
 */
export function deletePlaces(places: readonly FoundPlace[], ids: readonly string[], cache: string): Deleted {
  const wanted = new Set(ids);
  const removed: PersonalPlace[] = [];
  const left: LeftPlace[] = [];
  for (const place of places) {
    const told = toldPlace(place);
    if (!wanted.has(told.id)) continue;
    wanted.delete(told.id);
    const why = place.stays ?? removePlace(place);
    if (why === undefined) removed.push(told);
    else left.push({ path: place.path, why });
  }
  for (const id of wanted) left.push({ path: id, why: 'it is not there any more' });
  keepPlaces(({ path: at }) => fs.existsSync(at), cache);
  return { removed, left };
}

/** @returns why something is still there */
function removePlace(place: FoundPlace): string | undefined {
  try {
    if (place.kind === 'aligned') return removeCrops(place.path);
    for (const at of place.parts ?? [place.path]) fs.rmSync(at, { recursive: true, force: true });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function removeCrops(folder: string): string | undefined {
  const crops = [...readJournal(path.join(folder, JOURNAL)).values()].filter(isCrop).map(({ crop }) => crop);
  for (const crop of crops) if (liesIn(folder, crop)) fs.rmSync(path.join(folder, crop), { force: true });
  for (const name of [CONTACT_SHEET, LABELS_FILE, JOURNAL]) fs.rmSync(path.join(folder, name), { force: true });
  return removeEmpty(folder) ? undefined : 'files that Face Trainer did not write are in it';
}

/**
 * Whether a file that a list names lies in the list's folder, links considered: a list may come from a stranger.
 *
 * @param name relative to the folder
 */
export function liesIn(folder: string, name: string): boolean {
  try {
    const at = path.join(folder, name);
    return isWithin(fs.realpathSync(folder), fs.realpathSync(path.dirname(at))) && fs.lstatSync(at).isFile();
  } catch {
    return false;
  }
}

/** Removes a folder as far as nothing lies in it. @returns whether it is gone */
export function removeEmpty(folder: string): boolean {
  for (const name of namesIn(folder)) {
    const at = path.join(folder, name);
    if (fs.lstatSync(at).isDirectory()) removeEmpty(at);
  }
  if (namesIn(folder).length > 0) return false;
  fs.rmSync(folder, { recursive: true, force: true });
  return true;
}
