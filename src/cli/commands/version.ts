import { version } from '../../../package.json';
import { EXIT, type Command } from '../command.js';

export const versionCommand: Command<undefined> = {
  name: 'version',
  takes: [''],
  summary: 'which Face Trainer this is',
  flags: [],

  parse(given) {
    given.none();
    return undefined;
  },

  run() {
    process.stdout.write(`${version}\n`);
    return Promise.resolve(EXIT.ok);
  },
};
