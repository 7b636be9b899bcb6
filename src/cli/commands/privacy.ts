import fs from 'node:fs';
import path from 'node:path';
import { formatCount, formatTotal } from '../../core/format.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import type { PersonalPlace } from '../../protocol/personalData.js';
import { confirmed } from '../ask.js';
import { EXIT, type Command } from '../command.js';
import { UsageError } from '../flag.js';
import { JSON_FLAG, Output } from '../follow.js';
import { deletedLines, placeLines } from '../personalLines.js';

/** What of the list is meant. */
interface Choice {
  readonly all: boolean;
  readonly caches: boolean;
  readonly dataset: string | undefined;
  readonly places: readonly string[];
}
interface Wish {
  readonly folders: readonly string[];
  readonly json: boolean;
  readonly yes: boolean;
  /** Absent: the list is shown. */
  readonly remove?: Choice;
}

const CACHES: ReadonlySet<PersonalPlace['kind']> = new Set(['pixel-cache', 'face-cache', 'embeddings', 'temporary']);

export const privacy: Command<Wish> = {
  name: 'privacy',
  takes: ['list', 'delete [<place>…]'],
  summary: 'list what is kept of people on this machine, and remove it; never your pictures',
  flags: [
    { name: 'all', help: 'remove everything that can be removed: caches, crops, runs, recognizers, exports, lists' },
    { name: 'caches', help: 'remove decoded pictures, faces and vectors, all of which can be had again' },
    { name: 'dataset', value: 'FOLDER', help: 'remove what is kept of a folder of pictures, also one that is gone' },
    { name: 'yes', help: 'remove without asking' },
    JSON_FLAG('print each place, or what was removed, as a line of JSON'),
  ],

  parse(given) {
    const [action, ...words] = given.words;
    const common = { folders: [given.cwd], json: given.has('json'), yes: given.has('yes') };
    const remove: Choice = {
      ...{ all: given.has('all'), caches: given.has('caches'), dataset: given.path('dataset') },
      places: words.map((word) => path.resolve(given.cwd, word)),
    };
    const isNothing = !remove.all && !remove.caches && remove.dataset === undefined && words.length === 0;
    if (action === 'list') {
      if (words[0] !== undefined) throw new UsageError(`Unexpected argument “${words[0]}”.`);
      return common;
    }
    if (action !== 'delete') throw new UsageError('Say what to do: list or delete.');
    if (isNothing) throw new UsageError('Say what to remove: a place of “privacy list”, --caches, --dataset or --all.');
    return { ...common, remove };
  },

  async run({ folders, json, yes, remove }) {
    const output = new Output(json);
    const end = await output.follow({ type: 'listPersonal', protocol: PROTOCOL_VERSION, folders: [...folders] });
    if (end.type !== 'personalListed') return output.failed(end);
    if (!remove) {
      output.lines(...end.places);
      output.note(...placeLines(end.places));
      return EXIT.ok;
    }
    return removed(output, folders, chosen(end.places, remove), yes);
  },
};

async function removed(
  output: Output,
  folders: readonly string[],
  places: readonly PersonalPlace[],
  yes: boolean,
): Promise<number> {
  if (places.length === 0) {
    output.lines({ removed: [], left: [] });
    output.note('Nothing of that is kept.');
    return EXIT.ok;
  }
  output.note(...placeLines(places).slice(0, -2));
  if (!yes && !(await agreed(places))) return EXIT.failed;
  const order = { folders: [...folders], ids: places.map(({ id }) => id) };
  const end = await output.follow({ type: 'deletePersonal', protocol: PROTOCOL_VERSION, ...order });
  if (end.type !== 'personalDeleted') return output.failed(end);
  output.lines({ removed: end.removed, left: end.left });
  output.note(...deletedLines(end.removed, end.left));
  return end.left.length === 0 ? EXIT.ok : EXIT.failed;
}

function agreed(places: readonly PersonalPlace[]): Promise<boolean> {
  return confirmed(
    `Remove ${formatCount(places.length, 'place')}, ${formatTotal(places)}, for good?`,
    'remove',
    'removed',
  );
}

/** The same folder without links; a cache is named by that. */
function realOf(folder: string | undefined): string | undefined {
  return folder !== undefined && fs.existsSync(folder) ? fs.realpathSync(folder) : folder;
}

/** The user's own pictures never are. What a running job holds is told to stay where it was named. */
function chosen(places: readonly PersonalPlace[], { all, caches, dataset, places: named }: Choice): PersonalPlace[] {
  return places.filter(
    ({ kind, path: at, dataset: of, stays }) =>
      kind !== 'pictures' &&
      ((all && stays === undefined) ||
        (caches && CACHES.has(kind)) ||
        (of !== undefined && [dataset, realOf(dataset)].includes(of)) ||
        named.includes(at)),
  );
}
