import { version } from '../../../package.json';
import { EXIT, type Command } from '../command.js';

export const versionCommand: Command<undefined> = {
  name: 'version',
  takes: [''],
  summary: 'show the version',
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
