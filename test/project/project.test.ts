import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ESLint } from 'eslint';

const root = path.resolve(import.meta.dirname, '../..');

describe('the project', function () {
  this.timeout(60_000);

  it('keeps the walls between its layers: an import up or across is an error of the linter', async () => {
    // Under CI the type-checked rules take each file as it lies on the disk; here its text is made up.
    process.env['TSESTREE_SINGLE_RUN'] = 'false';
    const eslint = new ESLint({ cwd: root });
    const forbidden: [file: string, code: string][] = [
      ['src/extension/extension.ts', `import '../training/trainRun.js';`],
      ['src/extension/extension.ts', `import '@tensorflow/tfjs-core';`],
      ['src/extension/extension.ts', `import 'sharp';`],
      ['src/trainer/main.ts', `import 'vscode';`],
      ['src/client/trainerProcess.ts', `import '../engine/engine.js';`],
      ['src/engine/engine.ts', `import '../training/trainRun.js';`],
      ['src/graph/graph.ts', `import 'node:fs';`],
      ['src/core/random.ts', `import '../graph/graph.js';`],
      ['webview/main.ts', `import '../src/client/runModel.js';`],
      ['webview/main.ts', `import 'node:fs';`],
    ];
    for (const [file, code] of forbidden) {
      const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
      const found = result!.messages.filter(({ ruleId }) => ruleId === 'no-restricted-imports');
      assert.equal(found.length, 1, `${file}: ${code} ${JSON.stringify(result!.messages)}`);
    }
  });

  it('names no registry and no machine in what is committed', () => {
    const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
    const files = stdout.split('\0').filter((file) => file && /\.(json|md|mjs|ts|cjs|py|yml|npmrc|cc|h|gyp)$|^\.ci/.test(file));
    assert.ok(files.length > 50);
    const lock = fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8');
    assert.doesNotMatch(lock, /"resolved": "(?!file:)/);
    const machine = new RegExp(['/ro' + 'ot/', '/wo' + 'rk/', 'bash_j' + 'obs'].join('|'));
    for (const file of files) {
      const full = path.join(root, file);
      if (fs.existsSync(full)) assert.doesNotMatch(fs.readFileSync(full, 'utf8'), machine, file);
    }
  });

  it('packs an extension of its bundles, the two picture decoders and nothing else', () => {
    const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
    const { stdout, stderr, status } = spawnSync(process.execPath, [vsce, 'ls'], { cwd: root, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const files = stdout.trim().split('\n');
    for (const needed of ['package.json', 'dist/extension.js', 'dist/trainer.js', 'dist/parentWatch.js', 'dist/webview.js', 'dist/data.js', 'dist/panel.css', 'dist/pictureThread.js', 'dist/alignThread.js', 'dist/kerasFile.mjs', 'dist/faces/tiny_face_detector_model.bin', 'dist/faces/tfjs-backend-wasm-simd.wasm', 'node_modules/@napi-rs/image/package.json', `dist/native/${process.platform}-${process.arch}.node`, 'dist/tfjs-node/binding/tfjs_backend.cc', 'media/icon.png', 'node_modules/sharp/package.json', 'LICENSE'])
      assert.ok(files.includes(needed), needed);
    const allowed = /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|(dist|media)\/.*|node_modules\/(sharp|@img|@napi-rs|detect-libc|semver)\/.*)$/;
    assert.deepEqual(files.filter((file) => !allowed.test(file) || /\.(map|ts)$/.test(file.replace(/\.d\.ts$/, ''))), []);
    assert.ok(!files.some((file) => file.startsWith('dist/test/')), 'the test suite is not shipped');
  });
}); // prettier-ignore
