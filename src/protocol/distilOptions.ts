import * as z from 'zod';
import { optionInfo } from './optionInfo.js';

/** Whose embedding a network learns to give: among the options of a training. */
export const distilOptions = {
  /** `faces` (the face network), the .xml of a face network or its folder, or the folder of a checkpoint. */
  teacher: z.string().min(1).optional().register(optionInfo, {
    flag: 'teacher',
    value: 'NAME',
    read: 'start',
    help: 'a network whose embedding is learned: faces, the .xml of a face network, or the folder of a checkpoint',
  }),
};
