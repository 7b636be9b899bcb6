import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { formatCount } from '../core/format.js';
import { JOURNAL } from '../faces/alignJournal.js';
import { namesIn } from '../platform/namesIn.js';
import { readOwnFile } from '../platform/regularFile.js';
import type { WrittenPlace } from '../platform/writtenPlaces.js';
import { isRecognizer, readRecognizer } from '../recognizers/recognizerFolder.js';
import { recognizersIn } from '../recognizers/recognizersFolder.js';
import { isCheckpoint } from '../runs/checkpointFacts.js';
import { RunFolder } from '../runs/runFolder.js';
import { defaultRunsFolder } from '../runs/runLocation.js';
import { readSummary, standOf } from '../runs/runSummary.js';
import { exportFiles } from './exportFiles.js';
import { isWithin, sizeOf } from './folderSize.js';
import type { FoundPlace } from './foundPlace.js';

const MOST_TEXT_BYTES = 1 << 26;
const listHead = /^# Pictures of (.+) to leave out, as suggested by Check Dataset\.$/m;
const checkHead = z.object({ dataset: z.string(), people: z.number(), pictures: z.number() });

/** Folders that hold a `.face-trainer`: those that were named, those around what was noted, those around the pictures. */
export function basesOf(
  folders: readonly string[],
  noted: readonly WrittenPlace[],
  datasets: readonly string[],
): string[] {
  const inside = noted.flatMap(({ path: at }) => {
    const parts = at.split(path.sep);
    const place = parts.lastIndexOf('.face-trainer');
    return place > 0 ? [parts.slice(0, place).join(path.sep) || path.sep] : [];
  });
  return [...new Set([...folders, ...inside, ...datasets.map((dataset) => path.dirname(dataset))])];
}

export function runPlaces(bases: readonly string[], noted: readonly WrittenPlace[]): FoundPlace[] {
  const written = noted.filter(({ kind }) => kind === 'run').map(({ path: at }) => at);
  // Wherever one was written others may lie, of before there was a list.
  const parents = new Set([...bases.map(defaultRunsFolder), ...written.map((run) => path.dirname(run))]);
  const all = [...written, ...[...parents].flatMap((runs) => namesIn(runs).map((name) => path.join(runs, name)))];
  return [...new Set(all)].filter((run) => fs.existsSync(new RunFolder(run).record)).map(runPlace);
}

const UNDER_WAY: ReadonlySet<string> = new Set(['preparing', 'training', 'silent']);

function runPlace(run: string): FoundPlace {
  const folder = new RunFolder(run);
  const summary = readSummary(run);
  const phase = summary && standOf(run, summary).phase;
  const networks = namesIn(folder.checkpoints).filter((name) => isCheckpoint(path.join(folder.checkpoints, name)));
  const exported = namesIn(folder.exports).length > 0 ? ', exported files' : '';
  return {
    ...{ kind: 'run', path: run, ...sizeOf(run) },
    holds: `the names of the people, ${formatCount(networks.length, 'network')} that learned their faces, log and report${exported}`,
    ...(summary && { dataset: summary.dataset }),
    ...(phase && UNDER_WAY.has(phase) && { stays: 'it is being trained now' }),
  };
}

export function recognizerPlaces(bases: readonly string[], noted: readonly WrittenPlace[]): FoundPlace[] {
  const written = noted.filter(({ kind }) => kind === 'recognizer');
  const all = [...written.map(({ path: at }) => at), ...bases.flatMap(recognizersIn)];
  return [...new Set(all)].filter(isRecognizer).map((at) => {
    const dataset = written.find((one) => one.path === at)?.dataset;
    return {
      ...{ kind: 'recognizer', path: at, ...sizeOf(at) },
      holds: recognizerHolds(at),
      ...(dataset !== undefined && { dataset }),
    };
  });
}

function recognizerHolds(at: string): string {
  try {
    const { people, gallery } = readRecognizer(at).record;
    return `the names of ${formatCount(people.length, 'person', 'people')} and ${formatCount(gallery.rows, 'vector')} of their faces`;
  } catch {
    return 'names and vectors of faces, damaged';
  }
}

/** Folders of crops: those that were noted, and where they lie when nobody says otherwise. */
export function alignedPlaces(noted: readonly WrittenPlace[], datasets: readonly string[]): FoundPlace[] {
  const usual = datasets.map((dataset) => ({ path: `${dataset}-aligned`, dataset }));
  const all = [...usual, ...noted.filter(({ kind }) => kind === 'aligned')];
  const byPath = new Map(all.map((one) => [one.path, one.dataset]));
  return [...byPath]
    .filter(([at]) => fs.existsSync(path.join(at, JOURNAL)))
    .map(([at, dataset]) => ({
      ...{ kind: 'aligned', path: at, ...sizeOf(at) },
      holds: 'faces cut out of pictures, by name, with a list and a page of the doubtful ones',
      ...(dataset !== undefined && { dataset }),
    }));
}

/** Exported files, except those in the folders of runs and recognizers, which belong to these. */
export function exportPlaces(noted: readonly WrittenPlace[], within: readonly string[]): FoundPlace[] {
  return noted
    .filter(({ kind, path: at }) => kind === 'export' && !within.some((folder) => isWithin(folder, at)))
    .filter(({ path: at }) => fs.existsSync(at))
    .map(({ path: at, dataset }) => {
      const parts = exportFiles(at);
      const sizes = parts.map(sizeOf);
      return {
        ...{ kind: 'export', path: at, parts },
        bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
        files: sizes.reduce((sum, { files }) => sum + files, 0),
        holds: 'an exported network with the names of its people, its card and what lies beside it',
        ...(dataset !== undefined && { dataset }),
      };
    });
}

/** Exclusion lists and kept checks, which lie beside the runs. */
export function listPlaces(bases: readonly string[], noted: readonly WrittenPlace[]): FoundPlace[] {
  const runs = [
    ...bases.map(defaultRunsFolder),
    ...noted.filter(({ kind }) => kind === 'run').map((run) => path.dirname(run.path)),
  ];
  const around = [...new Set(runs.map((folder) => path.dirname(folder)))];
  const files = (folder: string, ending: string) =>
    around.flatMap((base) =>
      namesIn(path.join(base, folder))
        .filter((name) => name.endsWith(ending))
        .map((name) => path.join(base, folder, name)),
    );
  const written = noted.filter(({ kind }) => kind === 'exclusions').map(({ path: at }) => at);
  const lists = [...new Set([...files('exclude', '.txt'), ...written])].flatMap((at): FoundPlace[] => {
    const dataset = listHead.exec(textOf(at))?.[1];
    if (dataset === undefined) return [];
    return [{ kind: 'exclusions', path: at, dataset, ...sizeOf(at), holds: 'the names of pictures to leave out' }];
  });
  const checks = files('checks', '.json').flatMap((at): FoundPlace[] => {
    const report = checkOf(at);
    if (!report) return [];
    const people = formatCount(report.people, 'person', 'people');
    const holds = `the result of a check: ${people} by name, with small pictures`;
    return [{ kind: 'check', path: at, dataset: report.dataset, ...sizeOf(at), holds }];
  });
  return [...lists, ...checks];
}

function checkOf(file: string): z.infer<typeof checkHead> | undefined {
  try {
    return checkHead.safeParse(JSON.parse(textOf(file))).data;
  } catch {
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return readOwnFile(file, MOST_TEXT_BYTES).toString('utf8');
  } catch {
    return '';
  }
}
