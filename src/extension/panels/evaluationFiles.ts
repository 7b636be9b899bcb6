import type { Evaluation } from '../../protocol/evaluation.js';
import { PROTOCOL_VERSION } from '../../protocol/handshake.js';
import { isRecognizer } from '../../recognizers/recognizerFolder.js';
import type { Jobs } from '../job.js';
import type { Recognizers } from '../recognizers.js';

/** Every picture that an evaluation names, as it names it. */
export function picturesOf({ mistakes, nearStrangers, strayPictures, alikePeople, map }: Evaluation): string[] {
  const looks = [...mistakes, ...nearStrangers, ...strayPictures];
  return [
    ...looks.flatMap(({ picture, nearestPicture }) => [picture, nearestPicture]),
    ...alikePeople.flatMap(({ pictures }) => pictures),
    ...(map?.picture ?? []),
  ];
}

/** Side of a small picture, in pixels: twice that of its place on the page, for sharp screens. */
const SIDE = 192;

/** Pictures for a page, made when they are about to be seen. */
export class EvaluationFiles {
  /** One batch after the other: each takes the cores. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly jobs: Pick<Jobs, 'start'>,
    private readonly recognizers: Recognizers,
  ) {}

  /**
   * The faces as a recognizer sees them, or where there is none the whole pictures.
   *
   * @param files absolute
   * @returns data URIs in their order; undefined where a file could not be read
   */
  small(target: string, files: readonly string[]): Promise<(string | undefined)[]> {
    if (files.length === 0) return Promise.resolve([]);
    const made = this.queue.then(() => (isRecognizer(target) ? this.faces(target, files) : this.thumbnails(files)));
    this.queue = made.catch(() => undefined);
    return made;
  }

  private async faces(recognizer: string, files: readonly string[]): Promise<(string | undefined)[]> {
    const answerer = this.recognizers.answerer(recognizer);
    const result = await answerer.ask({ kind: 'recognize', files: [...files], seen: true });
    if (result.kind !== 'recognized') return this.thumbnails(files);
    const seen = new Map(result.recognition.answers.map(({ file, seen: data }) => [file, data]));
    return files.map((file) => seen.get(file));
  }

  private async thumbnails(files: readonly string[]): Promise<(string | undefined)[]> {
    const wish = { files: [...files], side: SIDE };
    const end = await this.jobs.start({ type: 'thumbnails', protocol: PROTOCOL_VERSION, ...wish }).ended;
    return files.map((_, i) => (end.type === 'thumbnails' ? end.pictures[i]?.data : undefined));
  }
}
