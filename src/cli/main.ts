import { fork } from 'node:child_process';
import path from 'node:path';
import { parseArguments, USAGE, type CliCommand } from './arguments.js';
import { downloadWeights, getWeights } from './getWeights.js';
import { TerminalView } from './terminalView.js';
import { defaultRunsFolder, newRunFolder } from '../client/runLocation.js';
import { TrainerProcess } from '../client/trainerProcess.js';
import { UserError } from '../core/userError.js';
import { setUpTensorFlow } from '../tensorflow/setUpTensorFlow.js';
import { version } from '../../package.json';

// The command line: the same trainer process that the extension starts, shown at a terminal.

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

async function main(): Promise<number> {
  const sampleFolder = path.resolve('.face-trainer', 'synthetic-faces');
  const command = parseArguments(process.argv.slice(2), process.cwd(), sampleFolder);
  switch (command.name) {
    case 'help':
      if (command.error === undefined) process.stdout.write(USAGE);
      else process.stderr.write(`${command.error}\n\n${USAGE}`);
      return command.error === undefined ? EXIT.ok : EXIT.usage;
    case 'version':
      process.stdout.write(`${version}\n`);
      return EXIT.ok;
    case 'setup-tensorflow': {
      const home = await setUpTensorFlow({
        bindingSources: path.join(__dirname, 'tfjs-node'),
        say: (line) => console.error(`TensorFlow: ${line}`),
      });
      console.error(`TensorFlow ${home.manifest.tensorFlow} is ready in ${home.folder}`);
      return EXIT.ok;
    }
    case 'download-weights':
      await downloadWeights(command.width, command.size, (line) => console.error(line));
      return EXIT.ok;
    case 'train':
      return train(command);
  }
}

async function train({
  options,
  out,
  json,
  sample,
  download,
}: Extract<CliCommand, { name: 'train' }>): Promise<number> {
  const view = new TerminalView({
    write: (text) => process.stdout.write(text),
    isTTY: process.stdout.isTTY && !json,
    columns: process.stdout.columns || 100,
  });
  if (sample) {
    if (!json) view.note('Drawing synthetic faces (no real person is shown)');
    await drawSample(options.dataset);
  }
  await getWeights(options, download, (line) => console.error(line));
  const runFolder = out ?? newRunFolder(defaultRunsFolder(process.cwd()), options.dataset, new Date());
  const trainer = new TrainerProcess(
    { entry: path.join(__dirname, 'trainer.js'), runFolder, training: options },
    {
      onMessage: (message) => {
        if (json) process.stdout.write(`${JSON.stringify(message)}\n`);
        else view.show(message);
      },
      onOutput: (line) => process.stderr.write(`${line}\n`),
    },
  );
  const interrupt = () => {
    if (trainer.stopping) trainer.kill('was interrupted twice');
    else {
      if (!json) view.note('Stopping after this batch (Ctrl-C again ends it at once)');
      trainer.stop();
    }
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const end = await trainer.ended;
  if (end.type === 'failure') return EXIT.failed;
  if (!json) view.note(`Run folder  ${runFolder}\nReport      ${path.join(runFolder, 'report.html')}`);
  return EXIT.ok;
}

/** In a process of its own: this one loads nothing heavy. */
function drawSample(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(__dirname, 'drawSample.js'), [folder], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(
            new UserError(
              'run-folder-unwritable',
              `The sample could not be drawn into “${folder}”.`,
              'See the lines above.',
            ),
          ),
    );
  });
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.exitCode = EXIT.failed;
    if (error instanceof UserError) console.error(`${error.message}\n${error.advice}`);
    else console.error(error);
  },
);
