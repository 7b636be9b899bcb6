import { UserError } from '../../core/userError.js';
import {
  addressOf,
  downloadFaceWeights,
  FACE_WEIGHTS_MEGABYTES,
  findFaceWeights,
  keepFaceWeights,
  PUBLISHED_FILES,
} from '../../weights/faceWeights.js';
import type { Editor } from '../editor.js';
import { faceWeightsSetting } from '../faceWeightsSetting.js';
import { wordsOf } from '../failures.js';
import { downloadUnderBar } from './downloading.js';
import type { Memory } from './trainingOptionsPick.js';

/** What a job of recognition is told: the user's own weights; nothing where the trainer finds them, or goes on without. */
export interface ChosenFaceWeights {
  readonly faceWeights?: string;
}

const [DOWNLOAD, AGAIN, FILE] = ['Download', 'Try Again', 'Choose a File…'] as const;

/** Remembered for all workspaces: the network inside the extension is to serve. */
const BUILT_IN = 'builtInFaceNetwork';

/** What the network is for, and what serves in its place. */
interface Purpose {
  readonly question: string;
  /** A button. */
  readonly instead: string;
  /** A sentence: what is lost by it. */
  readonly cost: string;
}

const RECOGNITION: Purpose = {
  question: 'People are told apart by a face network, which is not on this machine yet.',
  instead: 'Use the Built-In Network',
  cost: 'The network inside the extension works without a download; measured, it missed 4 of 100 pictures of known people where this one missed 1.',
};
const TRAINING: Purpose = {
  question: 'Training starts from a face network, which is not on this machine yet.',
  instead: 'Use ImageNet Weights',
  cost: 'Training from ImageNet weights works without it and takes longer; measured, where 1 of 100 strangers may be named, it missed 41 of 100 pictures of known people where this one missed 1.',
};

/**
 * Asks before anything is downloaded, and only where a face network is neither named in the settings, nor packed, nor
 * downloaded: then the network inside the extension can serve too. Whoever has chosen that is not asked again.
 *
 * @returns undefined when the user thought better of it
 * @throws UserError `weights-unreadable` where the setting names what is not there
 */
export async function withFaceWeights(
  editor: Editor,
  memory: Memory,
  download = downloadFaceWeights,
): Promise<ChosenFaceWeights | undefined> {
  if (!findFaceWeights(faceWeightsSetting(editor).faceWeights) && memory.get(BUILT_IN) === true) return {};
  const chosen = await askForFaceWeights(editor, RECOGNITION, download);
  if (chosen !== 'instead') return chosen;
  await memory.update(BUILT_IN, true);
  return {};
}

/** Asks again from now on: the user wants another network than the one inside the extension. */
export async function forgetBuiltInNetwork(memory: Memory): Promise<void> {
  await memory.update(BUILT_IN, undefined);
}

/**
 * The same for a training, which can start from ImageNet weights too.
 *
 * @returns undefined when the user thought better of it
 * @throws UserError `weights-unreadable` where the setting names what is not there
 */
export async function withFaceWeightsToTrain(
  editor: Editor,
  download = downloadFaceWeights,
): Promise<ChosenFaceWeights | 'imagenet' | undefined> {
  const chosen = await askForFaceWeights(editor, TRAINING, download);
  return chosen === 'instead' ? 'imagenet' : chosen;
}

async function askForFaceWeights(
  editor: Editor,
  { question, instead, cost }: Purpose,
  download: typeof downloadFaceWeights,
): Promise<ChosenFaceWeights | 'instead' | undefined> {
  const named = faceWeightsSetting(editor);
  if (findFaceWeights(named.faceWeights)) return named;
  let failure: string | undefined;
  for (;;) {
    const host = new URL(addressOf(PUBLISHED_FILES[0]!)).host;
    const chosen =
      failure === undefined
        ? await editor.ask(
            question,
            `About ${FACE_WEIGHTS_MEGABYTES} MB from ${host}, downloaded once for all workspaces. ${cost}`,
            ...[DOWNLOAD, instead, FILE],
          )
        : await editor.ask('The face network could not be used.', failure, ...[AGAIN, instead, FILE]);
    if (chosen === undefined) return undefined;
    if (chosen === instead) return 'instead';
    if (chosen === FILE) {
      const file = await chooseFile(editor);
      if (typeof file === 'object') return file;
      failure = file ?? failure;
    } else {
      const outcome = await downloadUnderBar(editor, 'Face network', FACE_WEIGHTS_MEGABYTES, (how) => download(how));
      if (outcome === 'done') return {};
      if (outcome === 'cancelled') return undefined;
      failure = outcome.failure;
    }
  }
}

/** @returns the weights; as text what is wrong with them; undefined where none were chosen */
async function chooseFile(editor: Editor): Promise<ChosenFaceWeights | string | undefined> {
  const [chosen] = await editor.chooseFiles({
    title: 'The face network (face-reidentification-retail-0095.xml, the other files beside it)',
    openLabel: 'Use This Network',
    what: 'file',
    filters: { 'OpenVINO network': ['xml'] },
  });
  if (!chosen) return undefined;
  try {
    // Found from now on as if they had been downloaded; others than the published ones stay where they are.
    return keepFaceWeights(findFaceWeights(chosen.fsPath)!) ? {} : { faceWeights: chosen.fsPath };
  } catch (error) {
    if (error instanceof UserError) return wordsOf(error);
    throw error;
  }
}
