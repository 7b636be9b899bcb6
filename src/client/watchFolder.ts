import type { Reply, Wish } from '../protocol/recognitionJobs.js';
import type { PictureWatch } from './pictureWatch.js';

/** Pictures that are asked about at once: who waits for an answer waits for all of them. */
const AT_ONCE = 4;
/** Between two looks: at least so long, and so many times as long as a look takes. */
const LEAST_MS = 400;
const REST = 10;

export interface WatchPorts {
  readonly watch: Pick<PictureWatch, 'look'>;
  readonly ask: (wish: Wish) => Promise<Reply['result']>;
  /** What came of each picture, as it comes. */
  readonly tell: (file: string, result: Told) => void;
  /** Once when the folder is gone, and once when it is back. */
  readonly onFolder: (isThere: boolean) => void;
  /** @returns false when the watch is over */
  readonly rest: (ms: number) => Promise<boolean>;
}

type Recognized = Extract<Reply['result'], { kind: 'recognized' }>['recognition']['answers'][number];
/** An answer, or why there is none. */
export type Told =
  { readonly kind: 'answered'; readonly answer: Recognized } | Extract<Reply['result'], { kind: 'refused' }>;

/** Asks about each picture that appears in a folder, until the rest says that it is over. Nothing that happens to a picture ends it. */
export async function watchFolder({ watch, ask, tell, onFolder, rest }: WatchPorts): Promise<void> {
  let isThere = true;
  for (;;) {
    const began = performance.now();
    const files = watch.look();
    if ((files !== undefined) !== isThere) onFolder((isThere = !isThere));
    const took = performance.now() - began;
    for (let i = 0; i < (files ?? []).length; i += AT_ONCE) {
      const some = files!.slice(i, i + AT_ONCE);
      const result = await ask({ kind: 'recognize', files: some, seen: false });
      if (result.kind === 'recognized')
        for (const answer of result.recognition.answers) tell(answer.file, { kind: 'answered', answer });
      else if (result.kind === 'refused') for (const file of some) tell(file, result);
    }
    if (!(await rest(Math.max(LEAST_MS, REST * took)))) return;
  }
}
