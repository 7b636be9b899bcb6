// Bundles the four programs with esbuild, compiles the native engine and lays out what they need at run time.
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { buildNative } from './native.mjs';
import { bundledPackages, noticesText, packedPackages } from './notices.mjs';
import { sbomText } from './sbom.mjs';
import { tensorFlowLock } from './tensorFlowLock.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const watch = process.argv.includes('--watch');

/**
 * The editor reads the extension's bundle at every start: an eighth of it would be what zod needs to write JSON Schema, which nothing
 * asks it for, and the forms that `z.string()` would check by its own methods (`.email()`, …), which nothing calls, and what a
 * proxy's library needs to print its thoughts where DEBUG is set.
 */
const withoutIdleParts = {
  name: 'without idle parts',
  setup({ onLoad }) {
    onLoad(
      { filter: /[\\/]zod[\\/]v4[\\/]core[\\/](to-json-schema|json-schema-processors)\.js$/ },
      ({ path: file }) => {
        const names = readFileSync(file, 'utf8').matchAll(/^export (?:const|function|class) (\w+)/gm);
        return { contents: [...names].map(([, name]) => `export const ${name} = () => undefined;`).join('\n') };
      },
    );
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]classic[\\/]schemas\.js$/ }, ({ path: file }) => {
      const whole = readFileSync(file, 'utf8');
      const contents = whole.replace(
        /^ {4}\w+\(params\) \{\n {8}return this\.check\(core\._\w+\(Zod\w+, params\)\);\n {4}\},\n/gm,
        '',
      );
      if (whole.length - contents.length < 2000) throw new Error('zod tells the forms of strings in another way now');
      return { contents };
    });
    onLoad({ filter: /[\\/]node_modules[\\/]debug[\\/]src[\\/]index\.js$/ }, () => ({
      contents: 'module.exports = () => () => undefined;',
    }));
  },
};

/**
 * esbuild splits ES modules alone, and the editor loads CommonJS: each piece is made one once it is written. What is imported by
 * `import()` stays a piece of its own, read when it is asked for.
 */
const asCommonJs = {
  name: 'as CommonJS',
  setup({ onEnd }) {
    onEnd(async ({ metafile }) => {
      const pieces = Object.keys(metafile?.outputs ?? {}).filter((file) => file.endsWith('.js'));
      await Promise.all(
        pieces.map(async (file) => {
          const map = Buffer.from(readFileSync(`${file}.map`)).toString('base64');
          const module = readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
          const { code, map: sources } = await esbuild.transform(
            `${module}//# sourceMappingURL=data:application/json;base64,${map}`,
            {
              format: 'cjs',
              target: 'node20',
              platform: 'node',
              minify: !watch,
              supported: { 'dynamic-import': false },
              sourcemap: 'external',
              sourcefile: path.basename(file),
            },
          );
          writeFileSync(file, `${code}//# sourceMappingURL=${path.basename(file)}.map\n`);
          writeFileSync(`${file}.map`, sources);
        }),
      );
    });
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: 'linked',
  logLevel: 'warning',
  legalComments: 'none',
  metafile: true,
};
const node = {
  ...common,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  outdir: 'dist',
};

const builds = [
  // The editor reads it at every start. The names stay for stack traces: maps are not shipped.
  {
    ...node,
    entryPoints: { extension: 'src/extension/extension.ts' },
    external: ['vscode'],
    format: 'esm',
    splitting: true,
    chunkNames: 'extension-[hash]',
    minify: !watch,
    keepNames: true,
    plugins: [withoutIdleParts, asCommonJs],
  },
  { ...node, entryPoints: { faceTrainer: 'src/cli/main.ts' } },
  {
    ...node,
    entryPoints: {
      trainer: 'src/trainer/main.ts',
      parentWatch: 'src/trainer/parentWatch.ts',
      pictureThread: 'src/dataset/pictureThread.ts',
      runWatch: 'src/training/runWatch.ts',
      checkpointThread: 'src/runs/checkpointThread.ts',
      alignThread: 'src/faces/alignThread.ts',
      dlibThread: 'src/recognition/dlib/dlibThread.ts',
      drawSample: 'src/sample/main.ts',
      proxyAgent: 'src/weights/proxyAgent.ts',
    },
    // sharp and ONNX Runtime bring their own native libraries. TensorFlow.js is bundled; the union package would bring layers, WebGL and
    // data along (and a second copy of the core), while tfjs-node needs nothing of it but the core.
    external: ['sharp', '@napi-rs/image', 'onnxruntime-node'],
    alias: { '@tensorflow/tfjs': '@tensorflow/tfjs-core' },
    define: { 'process.env.NODE_ENV': '"production"' },
  },
  // An ES module: its library asks where it lies.
  {
    ...node,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    entryPoints: { kerasFile: 'src/weights/kerasFile.ts' },
  },
  {
    ...common,
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
    minify: !watch,
    entryPoints: {
      webview: 'webview/main.ts',
      data: 'webview/dataMain.ts',
      model: 'webview/modelMain.ts',
      evaluate: 'webview/evaluateMain.ts',
      umap: 'webview/umapMain.ts',
      panel: 'webview/panel.css',
    },
    outdir: 'dist',
  },
];

/** dlib's face network is there for machines without face weights. */
const faceModels = ['tiny_face_detector_model', 'face_landmark_68_model', 'face_recognition_model'].flatMap((name) => [
  `${name}-weights_manifest.json`,
  `${name}.bin`,
]);
const assembly = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'];
/** What is shipped as it lies in a package: from node_modules into dist. */
const COPIES = {
  // For the set-up of TensorFlow: the C++ of tfjs-node's binding and the headers it is compiled with.
  '@tensorflow/tfjs-node/binding': 'tfjs-node/binding',
  'node-api-headers/include': 'tfjs-node/include',
  // The networks of faces: their weights and TensorFlow.js' WebAssembly.
  ...Object.fromEntries(faceModels.map((file) => [`@vladmandic/face-api/model/${file}`, `faces/${file}`])),
  ...Object.fromEntries(assembly.map((file) => [`@tensorflow/tfjs-backend-wasm/dist/${file}`, `faces/${file}`])),
};

/** The licences of all that is bundled, copied or packed, and the list of it for programs. */
function writeNotices(metafiles) {
  const copied = Object.keys(COPIES).map((from) => /^(@[^/]+\/)?[^/]+/.exec(from)[0]);
  const folders = [
    ...bundledPackages(metafiles),
    ...copied.map((name) => path.join(root, 'node_modules', name)),
    ...packedPackages(readFileSync('.vscodeignore', 'utf8')),
  ];
  // By where they really are: a linked node_modules names a package in two ways.
  const packages = new Set(folders.map((folder) => realpathSync(folder)));
  writeFileSync('dist/ThirdPartyNotices.txt', noticesText([...packages].sort()));
  writeFileSync(
    'dist/sbom.cdx.json',
    sbomText([...packages].sort(), JSON.parse(readFileSync('package-lock.json', 'utf8'))),
  );
}

// The suite that VS Code's extension host loads; mocha stays the installed one.
if (process.argv.includes('--tests'))
  builds.push({
    ...node,
    outdir: 'dist/test',
    entryPoints: { editorSuite: 'test/editor/suite.ts', editorTests: 'test/editor/extension.test.ts' },
    external: ['vscode', 'mocha'],
  });

rmSync('dist', { recursive: true, force: true });
if (watch) {
  for (const options of builds) await (await esbuild.context({ ...options, logLevel: 'info' })).watch();
} else {
  const results = await Promise.all(builds.map((options) => esbuild.build(options)));
  const metafiles = results.map(({ metafile }) => metafile);
  writeNotices(metafiles);
  // Not shipped: what the notices are checked against.
  if (process.argv.includes('--tests')) writeFileSync('dist/test/metafiles.json', JSON.stringify(metafiles));
}
/** What npm is told to get for the set-up of TensorFlow, package by package. */
function writeTensorFlowLock() {
  const { manifest, lock } = tensorFlowLock(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  mkdirSync('dist/tfjs-node/npm', { recursive: true });
  writeFileSync('dist/tfjs-node/npm/package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync('dist/tfjs-node/npm/package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
}

for (const [from, to] of Object.entries(COPIES)) cpSync(`node_modules/${from}`, `dist/${to}`, { recursive: true });
writeTensorFlowLock();
const reason = buildNative();
if (reason !== undefined)
  console.error(`The native engine could not be compiled (${reason}): TensorFlow or plain JavaScript will train.`);
