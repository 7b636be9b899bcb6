import type { Forecast } from '../../core/forecastWords.js';
import { countPictures } from '../../platform/countPictures.js';
import type { TrainingOptions } from '../../protocol/options.js';
import { readSummary, type RunSummary } from '../../runs/runSummary.js';
import type { Editor } from '../editor.js';
import { runFolders, runsFolders } from '../views/runsCatalog.js';

/** A dialog waits for it. */
const COUNT_MS = 150;
/** Of many runs the newest are asked. */
const MOST_RUNS = 50;

type Took = NonNullable<RunSummary['took']>;

/** What a training on a folder begins with, and how long one will take with given options: as the newest like it took, picture by picture. */
export class Forecaster {
  private readonly counted;
  private readonly took: readonly Took[];

  constructor(editor: Editor, dataset: string) {
    this.counted = countPictures(dataset, COUNT_MS);
    const runs = runsFolders(editor).flatMap(runFolders).sort().reverse().slice(0, MOST_RUNS);
    this.took = runs.flatMap((run) => readSummary(run)?.took ?? []);
  }

  of(options: TrainingOptions): Forecast {
    const like = this.took.find((run) => isLike(run, options));
    const { pictures, isMore } = this.counted;
    if (!like || isMore) return this.counted;
    const seconds = (like.seconds * pictures * options.epochs) / (like.pictures * like.epochs);
    return { ...this.counted, seconds };
  }
}

/** Whether a step takes as long. */
function isLike(run: Took, { recipe, size, width, backbone, frozen }: TrainingOptions): boolean {
  return (
    run.recipe === recipe &&
    run.size === size &&
    run.width === width &&
    run.backbone === backbone &&
    run.frozen === frozen
  );
}
