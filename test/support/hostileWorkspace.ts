import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { writeRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { writeSample } from '../../src/sample/writeSample.js';
import { epochEvent, runEventOf, writeRun } from '../extension/runs.js';
import { recognizerOf } from './syntheticFaces.js';

/** A name that becomes a picture, and runs something, wherever a name is taken for HTML. */
export const NAME = '<img src=x onerror="document.body.dataset.hacked=1">';

/** What a folder from a stranger may hold. */
export interface HostileWorkspace {
  /** Settings of the folder want runs here. */
  readonly outside: string;
  /** Where an attack that came through leaves a file. */
  readonly traces: string;
}

/** @param folder of the test, around the workspace @param server which the report wants pictures from */
export async function makeHostileWorkspace(
  workspace: string,
  folder: string,
  server: string,
): Promise<HostileWorkspace> {
  const [outside, traces] = [path.join(folder, 'outside'), path.join(folder, 'traces')];
  for (const one of [outside, traces, path.join(workspace, '.vscode')]) fs.mkdirSync(one);
  const settings = {
    'faceTrainer.runFolder': outside,
    'faceTrainer.pixelCacheMiB': 1,
    'faceTrainer.threads': 256,
    'faceTrainer.engine': 'tensorflow',
  };
  fs.writeFileSync(path.join(workspace, '.vscode', 'settings.json'), JSON.stringify(settings));
  await writeSample(path.join(workspace, 'people'), { people: 3, picturesEach: 4, size: 64, seed: 3 });
  fs.renameSync(path.join(workspace, 'people', 'synthetic-01'), path.join(workspace, 'people', NAME));
  // A run that would be seen if the setting of the folder were obeyed.
  const strange = path.join(outside, 'strange');
  writeRun(strange, [runEventOf(strange, '/pictures/from-outside')]);
  plantPrograms(workspace, traces);
  plantRuns(workspace, server);
  const names = [NAME, '${7*7}', '__proto__', 'constructor'];
  const recognizers = path.join(workspace, '.face-trainer', 'recognizers');
  writeRecognizer(path.join(recognizers, NAME.slice(0, 8)), recognizerOf(names));
  fs.mkdirSync(path.join(recognizers, 'pipe'));
  execFileSync('mkfifo', [path.join(recognizers, 'pipe', 'recognizer.json')]);
  return { outside, traces };
}

/** What Python, npm or a shell would run if they were started in the workspace, or with its folders first. */
function plantPrograms(workspace: string, traces: string): void {
  const python = `open(${JSON.stringify(path.join(traces, 'python'))}, 'w')\n`;
  const shell = `#!/bin/sh\ntouch ${JSON.stringify(path.join(traces, 'shell'))}\n`;
  fs.mkdirSync(path.join(workspace, 'pip'));
  for (const file of ['pip/__init__.py', 'pip/__main__.py', 'zipfile.py', 'sitecustomize.py', 'usercustomize.py'])
    fs.writeFileSync(path.join(workspace, file), python);
  for (const file of ['python3', 'npm', 'node', 'g++'])
    fs.writeFileSync(path.join(workspace, file), shell, { mode: 0o755 });
  fs.writeFileSync(path.join(workspace, '.npmrc'), 'ignore-scripts=false\n');
}

function plantRuns(workspace: string, server: string): void {
  const runs = path.join(workspace, '.face-trainer', 'runs');
  const at = (name: string) => path.join(runs, name);
  const dataset = path.join(workspace, 'people', NAME);
  const whole = at('20261125-234801-people');
  writeRun(whole, [
    runEventOf(whole, dataset),
    { type: 'dataset', people: 2, images: 8, trainImages: 6, validationImages: 2, stepsPerEpoch: 4, ...skipped() },
    epochEvent(1, 4, 0.5),
    { type: 'warning', code: 'memory-low', message: NAME, advice: NAME },
    { type: 'checkpoint', path: '../../../people', epoch: 1, step: 4, bytes: 1, best: true },
  ]);
  fs.writeFileSync(path.join(whole, 'report.html'), hostileReport(server));
  for (const name of ['20261125-000001-pipe', '20261125-000002-pipes']) {
    fs.mkdirSync(at(name), { recursive: true });
    fs.writeFileSync(path.join(at(name), 'run.json'), '{}');
    for (const file of name.endsWith('s') ? ['summary.json', 'report.html', 'alive.json'] : [])
      execFileSync('mkfifo', [path.join(at(name), file)]);
    execFileSync('mkfifo', [path.join(at(name), 'metrics.ndjson')]);
  }
  // Sparse: larger than a string can be, and than one wants to read.
  const large = at('20261125-000003-large');
  writeRun(large, []);
  fs.truncateSync(path.join(large, 'metrics.ndjson'), 3 * 2 ** 30);
  fs.symlinkSync('/dev/zero', path.join(large, 'summary.json'));
}

function skipped(): { skippedCount: number; skipped: { file: string; reason: string }[] } {
  return { skippedCount: 1, skipped: [{ file: `${NAME}.jpg`, reason: NAME }] };
}

function hostileReport(server: string): string {
  return `<!doctype html><html><head><base href="${server}/"><meta http-equiv="refresh" content="1;url=${server}/refresh">
<style>@import "${server}/style.css"; body { background: url(${server}/background.png) }</style>
<script>document.body.dataset.hacked = 1</script></head><body onload="document.body.dataset.hacked = 1">
<h1 id="hostile">A report of a stranger</h1>${NAME}<img src="${server}/picture.png"><iframe src="${server}/frame"></iframe>
<form action="${server}/form"><button>Go On</button></form><a href="command:workbench.action.terminal.new">Open</a></body></html>`;
}
