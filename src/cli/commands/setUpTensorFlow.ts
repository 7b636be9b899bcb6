import path from 'node:path';
import { setUpTensorFlow } from '../../tensorflow/setUpTensorFlow.js';
import { EXIT, type Command } from '../command.js';

export const setUpTensorFlowCommand: Command<undefined> = {
  name: 'setup-tensorflow',
  takes: [''],
  summary: 'install TensorFlow, an engine to compare with',
  flags: [],

  parse(given) {
    given.none();
    return undefined;
  },

  async run() {
    const home = await setUpTensorFlow({
      bindingSources: path.join(__dirname, 'tfjs-node'),
      say: (line) => console.error(`TensorFlow: ${line}`),
    });
    console.error(`TensorFlow ${home.manifest.tensorFlow} is ready in ${home.folder}`);
    return EXIT.ok;
  },
};
