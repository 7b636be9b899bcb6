import { fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArguments, type CliCommand } from './arguments.js';
import { checkLines } from './checkView.js';
import { downloadWeights, getWeights } from './getWeights.js';
import { comparisonLines, measurementLines, predictionLines } from './modelLines.js';
import { TerminalView } from './terminalView.js';
import { USAGE } from './usage.js';
import { defaultRunsFolder, newRunFolder } from '../runs/runLocation.js';
import { exclusionList } from '../client/exclusionList.js';
import { TrainerProcess, type TrainerEnd } from '../client/trainerProcess.js';
import { UserError } from '../core/userError.js';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import type { TrainerOrder } from '../protocol/jobs.js';
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
    case 'check':
      return check(command);
    case 'align':
      return align(command);
    case 'qat':
      return qat(command);
    case 'export':
      return exportFile(command);
    case 'compare':
      return compare(command);
    case 'predict':
      return predict(command);
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
  const view = terminal(json);
  if (sample) {
    if (!json) view.note('Drawing synthetic faces (no real person is shown)');
    await drawSample(options.dataset);
  }
  await getWeights(options, download, (line) => console.error(line));
  const runFolder = out ?? newRunFolder(defaultRunsFolder(process.cwd()), options.dataset, new Date());
  const order: TrainerOrder = { type: 'train', protocol: PROTOCOL_VERSION, runFolder, options };
  const end = await run(order, view, json);
  if (end.type !== 'finished') return EXIT.failed;
  if (!json) view.note(`Run folder  ${runFolder}\nReport      ${path.join(runFolder, 'report.html')}`);
  return EXIT.ok;
}

async function qat({ checkpoint, wishes, out, json }: Extract<CliCommand, { name: 'qat' }>): Promise<number> {
  const view = terminal(json);
  // Beside the run of its checkpoint when that lies where runs do.
  const runs = path.resolve(checkpoint, '..', '..', '..');
  const place = path.basename(runs) === 'runs' ? runs : defaultRunsFolder(process.cwd());
  const runFolder =
    out ?? newRunFolder(place, `${path.basename(path.resolve(checkpoint, '..', '..'))}-int8`, new Date());
  const end = await run({ type: 'qat', protocol: PROTOCOL_VERSION, runFolder, checkpoint, wishes }, view, json);
  if (end.type !== 'finished') return EXIT.failed;
  if (!json) view.note(`Run folder  ${runFolder}\nReport      ${path.join(runFolder, 'report.html')}`);
  return EXIT.ok;
}

/** Starts a trainer and shows what it says until it ends; the first Ctrl-C asks it to stop, the second ends it. */
async function run(order: TrainerOrder, view: TerminalView, json: boolean): Promise<TrainerEnd> {
  const trainer = new TrainerProcess(
    { entry: path.join(__dirname, 'trainer.js'), order },
    {
      onMessage: (message) => {
        if (json && isRun(order)) process.stdout.write(`${JSON.stringify(message)}\n`);
        else if (!json) view.show(message);
      },
      onOutput: (line) => process.stderr.write(`${line}\n`),
    },
  );
  const interrupt = () => {
    if (trainer.stopping) trainer.kill('was interrupted twice');
    else {
      if (!json) view.note(`Stopping${isRun(order) ? ' after this batch' : ''} (Ctrl-C again ends it at once)`);
      trainer.stop();
    }
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  return trainer.ended;
}

async function exportFile({ order, json }: Extract<CliCommand, { name: 'export' }>): Promise<number> {
  const view = terminal(json);
  const end = await run({ type: 'export', protocol: PROTOCOL_VERSION, ...order }, view, json);
  if (end.type !== 'exported') return failed(end, json);
  const { file, bytes, cards, measured } = end;
  if (json) process.stdout.write(`${JSON.stringify({ file, bytes, cards, measured }, null, 2)}\n`);
  else {
    view.note(`Written     ${file}, ${(bytes / 1e6).toFixed(1)} MB`);
    if (measured) for (const line of measurementLines(measured)) view.note(line);
    view.note(`Model card  ${cards[0]!}`);
  }
  return EXIT.ok;
}

async function compare({ checkpoint, json }: Extract<CliCommand, { name: 'compare' }>): Promise<number> {
  const view = terminal(json);
  const end = await run({ type: 'compare', protocol: PROTOCOL_VERSION, checkpoint }, view, json);
  if (end.type !== 'compared') return failed(end, json);
  const { comparison } = end;
  // What the pictures look like is for the panel.
  const gallery = comparison.gallery.map(({ file, person, float32, int8 }) => ({ file, person, float32, int8 }));
  if (json) process.stdout.write(`${JSON.stringify({ ...comparison, gallery }, null, 2)}\n`);
  else for (const line of comparisonLines(comparison)) view.note(line);
  return EXIT.ok;
}

async function predict({ order, json }: Extract<CliCommand, { name: 'predict' }>): Promise<number> {
  const view = terminal(json);
  const end = await run({ type: 'predict', protocol: PROTOCOL_VERSION, ...order }, view, json);
  if (end.type !== 'predicted') return failed(end, json);
  if (json) process.stdout.write(`${JSON.stringify(end.predictions, null, 2)}\n`);
  else for (const line of predictionLines(end.predictions)) view.note(line);
  return end.predictions.some((answer) => 'error' in answer) ? EXIT.failed : EXIT.ok;
}

function isRun({ type }: TrainerOrder): boolean {
  return type === 'train' || type === 'qat';
}

async function check(command: Extract<CliCommand, { name: 'check' }>): Promise<number> {
  const { dataset, size, pixelCacheMiB, exclude, json, writeExclusions } = command;
  const view = terminal(json);
  const order: TrainerOrder = {
    type: 'check',
    protocol: PROTOCOL_VERSION,
    dataset,
    size,
    pixelCacheMiB,
    ...(exclude === undefined ? {} : { exclude }),
  };
  const end = await run(order, view, json);
  if (end.type !== 'checked') return failed(end, json);
  const { report } = end;
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else for (const line of checkLines(report)) view.note(line);
  if (writeExclusions !== undefined) {
    fs.writeFileSync(writeExclusions, exclusionList(report));
    if (!json)
      view.note(`\n${report.suggestedExclusions.length} pictures to leave out are listed in ${writeExclusions}`);
  }
  return report.findings.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.ok;
}

async function align(command: Extract<CliCommand, { name: 'align' }>): Promise<number> {
  const { dataset, out, size, threads, json } = command;
  const view = terminal(json);
  const end = await run({ type: 'align', protocol: PROTOCOL_VERSION, dataset, out, size, threads }, view, json);
  if (end.type !== 'aligned') return failed(end, json);
  const { summary } = end;
  if (json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    view.note(
      `Faces       ${summary.aligned} aligned, ${summary.doubtful} doubtful, ${summary.withoutFace} without a face, ${summary.unreadable} unreadable`,
    );
    view.note(`Crops       ${summary.out}\nLook at     ${summary.contactSheet}`);
  }
  return EXIT.ok;
}

/** With `json` the terminal was told nothing yet. */
function failed(end: TrainerEnd, json: boolean): number {
  if (json && end.type === 'failure') console.error(`${end.message} ${end.advice}`);
  return EXIT.failed;
}

function terminal(json: boolean): TerminalView {
  return new TerminalView({
    write: (text) => process.stdout.write(text),
    isTTY: process.stdout.isTTY && !json,
    columns: process.stdout.columns || 100,
  });
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
