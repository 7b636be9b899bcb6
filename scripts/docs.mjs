// npm run docs: writes what the documents have from the sources, such as the table of options in docs/training.md.
import { ensurePackages, must, root } from './lib.mjs';

ensurePackages();
const env = { ...process.env, UPDATE_DOCS: '1' };
const mocha = ['--import', 'tsx', 'node_modules/mocha/bin/mocha.js', '--reporter', 'dot'];
must('Writing the tables', process.execPath, [...mocha, 'test/protocol/options.test.ts'], { cwd: root, env });
must('The format', process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', 'docs']);
