import type { Answer } from '../protocol/recognition.js';
import type { Changed, Recognition, RecognizerChange } from '../protocol/recognitionJobs.js';
import { networkAtWork } from '../protocol/recognition.js';
import type { Recognizer } from '../recognizers/recognizer.js';
import { readRecognizer, recognizerStamp } from '../recognizers/recognizerFolder.js';
import { isCheckpoint } from '../runs/checkpointFacts.js';
import { changeRecognizer } from './changeRecognizer.js';
import { lookAt, type LookOptions } from './lookAt.js';
import { ensureCheckpointRecognizer } from './checkpointGallery.js';
import { openSight, openSightOf, otherNetwork, type SightWish } from './openSight.js';
import { answerPicture, judgeOf, type Judge } from './recognize.js';
import type { Sight } from './sight.js';

/** A recognizer with its network at work. It is read again where somebody has changed it. */
export class Answering {
  private judge: Judge | undefined;

  private constructor(
    private readonly folder: string,
    private readonly sight: Sight,
    private recognizer: Recognizer,
    private stamp: string | undefined,
  ) {}

  /**
   * @param place a recognizer, or a checkpoint, whose people are enrolled when somebody first asks
   * @returns undefined when cancelled
   * @throws UserError where the recognizer or its network cannot be had
   */
  static async open(
    place: string,
    wish: Omit<SightWish, 'network'>,
    onProgress: (done: number, total: number) => void,
    cancelled: () => boolean,
  ): Promise<Answering | undefined> {
    return isCheckpoint(place)
      ? Answering.ofCheckpoint(place, wish, onProgress, cancelled)
      : Answering.ofRecognizer(place, wish);
  }

  private static async ofCheckpoint(
    checkpoint: string,
    wish: Omit<SightWish, 'network'>,
    onProgress: (done: number, total: number) => void,
    cancelled: () => boolean,
  ): Promise<Answering | undefined> {
    const sight = await openSight({ ...wish, network: checkpoint });
    try {
      const folder = await ensureCheckpointRecognizer(sight, checkpoint, onProgress, cancelled);
      if (folder !== undefined) return new Answering(folder, sight, readRecognizer(folder), recognizerStamp(folder));
    } catch (error) {
      await sight.close();
      throw error;
    }
    await sight.close();
    return undefined;
  }

  private static async ofRecognizer(folder: string, wish: Omit<SightWish, 'network'>): Promise<Answering> {
    const stamp = recognizerStamp(folder);
    const recognizer = readRecognizer(folder);
    const { name, network } = recognizer.record;
    return new Answering(folder, await openSightOf(name, network, wish), recognizer, stamp);
  }

  get network(): Recognition['network'] {
    return networkAtWork.parse(this.sight.embedder.network);
  }

  get runtime(): string {
    return this.sight.embedder.runtime;
  }

  /**
   * Who is in each picture.
   *
   * @param files absolute
   * @returns undefined when cancelled
   * @throws UserError `recognizer-empty`, or what the recognizer is refused for now
   */
  async recognize(files: readonly string[], options: LookOptions = {}): Promise<Recognition | undefined> {
    this.refresh();
    const judge = (this.judge ??= judgeOf(this.recognizer));
    const looked = await lookAt(this.sight, files, options);
    if (!looked) return undefined;
    const answers: Answer[] = [];
    for (const picture of looked) answers.push(await answerPicture(picture, judge, this.sight.embedder.network.size));
    return { recognizer: this.recognizer.record.name, network: this.network, runtime: this.runtime, answers };
  }

  /** "This is …" and "not this person". */
  async change(change: RecognizerChange): Promise<Changed> {
    const looked = (await lookAt(this.sight, change.files))!;
    const { changed } = await changeRecognizer(this.folder, change, looked);
    this.refresh();
    return changed;
  }

  close(): Promise<void> {
    return this.sight.close();
  }

  private refresh(): void {
    const stamp = recognizerStamp(this.folder);
    if (stamp !== undefined && stamp === this.stamp) return;
    const now = readRecognizer(this.folder);
    const { digest, precision, name } = this.sight.embedder.network;
    // Enrolled anew with another network: this one's embeddings would be compared with those of that one.
    if (now.record.network.digest !== digest || now.record.network.precision !== precision)
      throw otherNetwork(now.record.name, name);
    [this.recognizer, this.stamp, this.judge] = [now, stamp, undefined];
  }
}
