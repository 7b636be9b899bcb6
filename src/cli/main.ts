import { UserError } from '../core/userError.js';
import { EXIT } from './command.js';
import { UsageError } from './flag.js';
import { readCommand } from './readCommand.js';

// The command line: the same trainer process that the extension starts, shown at a terminal.

// Somebody who reads the first lines only has closed the pipe: there is nobody left to tell. A trainer ends with its parent.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.ok);
    throw error;
  });

async function main(): Promise<number> {
  try {
    const { command, wish } = readCommand(process.argv.slice(2), process.cwd());
    return await command.run(wish);
  } catch (error) {
    if (error instanceof UsageError) {
      const help = error.command === undefined ? 'help' : `${error.command} --help`;
      console.error(`${error.message}\nSee “face-trainer ${help}”.`);
      return EXIT.usage;
    }
    if (error instanceof UserError) console.error(`${error.message}\n${error.advice}`);
    else console.error(error);
    return EXIT.failed;
  }
}

void main().then((code) => (process.exitCode = code));
