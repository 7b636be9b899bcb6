import type { Command } from './command.js';
import { align } from './commands/align.js';
import { attach } from './commands/attach.js';
import { check } from './commands/check.js';
import { compare } from './commands/compare.js';
import { compareRecipesCommand } from './commands/compareRecipes.js';
import { distil } from './commands/distil.js';
import { downloadWeightsCommand } from './commands/downloadWeights.js';
import { enroll } from './commands/enroll.js';
import { evaluate } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { findRateCommand } from './commands/findRate.js';
import { forget } from './commands/forget.js';
import { helpCommand } from './commands/help.js';
import { predict } from './commands/predict.js';
import { privacy } from './commands/privacy.js';
import { ps } from './commands/ps.js';
import { qat } from './commands/qat.js';
import { queue } from './commands/queue.js';
import { recognize } from './commands/recognize.js';
import { recognizerCommand } from './commands/recognizer.js';
import { resume } from './commands/resume.js';
import { setUpTensorFlowCommand } from './commands/setUpTensorFlow.js';
import { pause, stop } from './commands/stopRun.js';
import { serve } from './commands/serve.js';
import { train } from './commands/train.js';
import { watch } from './commands/watch.js';
import { versionCommand } from './commands/version.js';

const own: readonly Command[] = [
  enroll,
  recognize,
  watch,
  serve,
  evaluate,
  recognizerCommand,
  train,
  distil,
  findRateCommand,
  compareRecipesCommand,
  qat,
  resume,
  pause,
  stop,
  attach,
  ps,
  queue,
  exportCommand,
  compare,
  predict,
  check,
  align,
  privacy,
  forget,
  downloadWeightsCommand,
  setUpTensorFlowCommand,
  versionCommand,
];

/** All of the program, in the order of the help. */
export const COMMANDS: readonly Command[] = [...own, helpCommand(own)];
