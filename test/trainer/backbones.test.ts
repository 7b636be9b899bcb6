import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { BACKBONE_NAMES, BACKBONES, type BackboneName } from '../../src/protocol/backbones.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { built } from '../support/built.js';

// Every backbone through the command line as it is shipped: trained, fine-tuned for int8, exported, and used.

const cli = built('faceTrainer.js');
const folder = scratchFolder();

function faceTrainer(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder(), encoding: 'utf8' });
  const said = `${stdout}${stderr}`;
  assert.equal(status, 0, `${args.join(' ')}: ${said}`);
  return said;
}

function newestCheckpoint(run: string): string {
  const checkpoints = path.join(folder(), run, 'checkpoints');
  const names = fs.readdirSync(checkpoints).filter((name) => name.startsWith('epoch-'));
  return path.join(checkpoints, names.sort().at(-1)!);
}

/** The answer for the first picture of each person: probabilities in percent, by name. */
function answers(model: string): Map<string, number>[] {
  const files = [0, 1, 2].map((p) => path.join('data', `person-${p}`, '0.png'));
  return faceTrainer('predict', model, ...files, '--closed-set')
    .split('\n')
    .filter((line) => line.includes('.png: '))
    .map((line) => new Map([...line.matchAll(/(person-\d) ([\d.]+) %/g)].map(([, name, of]) => [name!, Number(of)])));
}

/** @param most percent that two answers may be apart: what is printed has one decimal */
function agree(models: readonly string[], most = 0.11): void {
  const [wished, ...others] = models.map(answers);
  assert.equal(wished!.length, 3);
  for (const [i, other] of others.entries())
    for (const [picture, people] of other.entries())
      for (const [name, percent] of people) {
        const off = Math.abs(percent - wished![picture]!.get(name)!);
        assert.ok(off < most, `${models[i + 1]}, picture ${picture}, ${name}: ${percent}, off by ${off}`);
      }
}

/** What each trains with: scores of a dense layer, or cosines. */
const LOSSES: Readonly<Record<BackboneName, string>> = { mobileNetV2: 'softmax', mobileFaceNet: 'arcface' };

describe('every backbone', function () {
  this.timeout(240_000);

  for (const backbone of BACKBONE_NAMES)
    it(`${backbone} trains, is quantized, is exported and answers alike from every file`, async () => {
      await writePeople(path.join(folder(), 'data'), 3, 6);
      const small = ['--recipe', 'original', '--size', '48', '--width', '0.25', '--batch', '4', '--split', '0.7'];
      const loss = ['--loss', LOSSES[backbone], '--logit-scale', 'auto'];
      const options = ['--backbone', backbone, ...small, ...loss, '--embedding', '64', '--epochs', '2'];
      faceTrainer('train', 'data', ...options, '--out', 'run');
      const float = newestCheckpoint('run');
      const written = (from: string, precision: string, output: string, ...more: string[]) => {
        faceTrainer('export', from, '--precision', precision, '--output', output, '--no-measure', ...more);
        return output;
      };
      const onnx = written(float, 'float32', 'float.onnx', '--format', 'onnx');
      agree([float, onnx, written(float, 'float32', 'float.tflite', '--format', 'tflite')]);
      const card = fs.readFileSync(path.join(folder(), 'float.onnx.card.md'), 'utf8');
      assert.match(card, new RegExp(`A ${BACKBONES[backbone]} 0\\.25 48x48 to 64`));
      const fineTuning = ['qat', float, '--epochs', '2', '--sensitivity', '0', '--out', 'int8'];
      faceTrainer(...fineTuning);
      const int8 = newestCheckpoint('int8');
      const files = [
        written(int8, 'int8', 'int8.onnx', '--format', 'onnx'),
        written(int8, 'int8', 'int8.tflite', '--format', 'tflite'),
      ];
      // The two runtimes round layers alike, but a PReLU in float32 and in fixed point; a network that has seen a dozen pictures
      // carries each step on through fifty layers. The integers of each runtime are those of the interpreter (test/export).
      agree(files, backbone === 'mobileFaceNet' ? 20 : undefined);
    });
});
