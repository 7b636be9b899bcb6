// ThirdPartyNotices.txt: the licences of everything of others that is shipped, be it bundled, packed or copied. A package
// without a licence text fails the build.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib.mjs';

const licenses = path.join(root, 'scripts', 'licenses');
const LICENSE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * What a package does not carry as a file: texts of scripts/licenses with the copyright that its package.json or its repository
 * states, the texts of another package, or a part of its README; and where that comes from.
 */
const SUPPLIED = [
  {
    packages: /^@img\/sharp-libvips-/,
    texts: ['LGPL-3.0.txt', 'GPL-3.0.txt'],
    from: 'https://www.gnu.org/licenses/, for libvips (https://github.com/libvips/libvips), built by https://github.com/lovell/sharp-libvips',
    // The table of the libraries inside and their licences.
    readme: /^## Licensing$[^]*/m,
  },
  {
    packages: /^@napi-rs\/image-/,
    package: '@napi-rs/image',
    from: 'https://github.com/Brooooooklyn/Image',
  },
  {
    packages: /^onnxruntime-(node|common)$/,
    copyright: 'Copyright (c) Microsoft Corporation',
    texts: ['MIT.txt'],
    from: 'https://github.com/microsoft/onnxruntime, whose ThirdPartyNotices.txt names what is inside',
  },
  {
    packages: /^@tensorflow\/tfjs-backend-wasm$/,
    texts: ['Apache-2.0.txt', 'XNNPACK.txt'],
    from: 'https://github.com/tensorflow/tfjs and, for its WebAssembly, https://github.com/google/XNNPACK',
  },
  {
    packages: /^@microsoft\/fast-/,
    copyright: 'Copyright (c) Microsoft Corporation. All rights reserved.',
    texts: ['MIT.txt'],
    from: 'https://github.com/microsoft/fast',
  },
  {
    packages: /^proxy-agent-negotiate$/,
    copyright: 'Copyright (c) Nathan Rajlich <nathan@tootallnate.net>',
    texts: ['MIT.txt'],
    from: 'https://github.com/TooTallNate/proxy-agents',
  },
  {
    packages: /^tr46$/,
    copyright: 'Copyright (c) Sebastian Mayr <npm@smayr.name>',
    texts: ['MIT.txt'],
    from: 'https://github.com/Sebmaster/tr46.js',
  },
  {
    packages: /^seedrandom$/,
    readme: /^LICENSE \(MIT\)$[^]*/m,
    from: 'its README.md',
  },
  {
    packages: /^@tensorflow\//,
    texts: ['Apache-2.0.txt'],
    from: 'https://github.com/tensorflow/tfjs',
  },
];

/** The folder of the package that a bundled file belongs to; undefined for our own. */
function packageFolder(file) {
  return /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

/** Folders of the packages of which something is in these bundles of esbuild. */
export function bundledPackages(metafiles) {
  const folders = new Set();
  for (const { outputs } of metafiles)
    for (const [output, { inputs }] of Object.entries(outputs))
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = bytesInOutput > 0 && !output.startsWith('dist/test/') && packageFolder(file);
        if (folder) folders.add(path.resolve(root, folder));
      }
  return [...folders].sort();
}

/** Folders of the packages that .vscodeignore lets through. */
export function packedPackages(allowList) {
  const names = allowList.matchAll(/^!node_modules\/((?:@[^/]+\/)?[^/\n]+)\//gm);
  return [...new Set([...names].map(([, name]) => name))].flatMap((name) => {
    const folder = (...parts) => path.join(root, 'node_modules', ...parts);
    if (!name.includes('*')) return [folder(name)];
    const [scope, pattern] = name.split('/');
    const matches = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
    return existsSync(folder(scope))
      ? readdirSync(folder(scope))
          .filter((one) => matches.test(one))
          .map((one) => folder(scope, one))
      : [];
  });
}

/** @throws Error when there is no licence text */
export function noticeOf(folder) {
  const { name, version, license, repository, homepage } = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  );
  const source = (typeof repository === 'string' ? repository : repository?.url) ?? homepage ?? '';
  const texts = ownTexts(folder);
  const supplied = SUPPLIED.find(({ packages }) => packages.test(name));
  if (texts.length === 0 && supplied) texts.push(...suppliedTexts(folder, supplied));
  if (texts.length === 0)
    throw new Error(
      `${name} ${version} has no licence text: name one in scripts/notices.mjs, or ship without the package.`,
    );
  return { name, version, license: license ?? 'see below', source, text: texts.join('\n\n') };
}

function ownTexts(folder) {
  const files = readdirSync(folder, { withFileTypes: true }).filter((e) => e.isFile() && LICENSE_FILE.test(e.name));
  return files.map(({ name }) => readText(path.join(folder, name))).filter((text) => text !== '');
}

function suppliedTexts(folder, { copyright, texts = [], package: other, from, readme }) {
  const own = texts.map((file) => readText(path.join(licenses, file)));
  if (copyright) own.unshift(copyright);
  if (other) own.push(...ownTexts(path.join(folder, '..', '..', other)));
  if (readme) {
    const part = readme.exec(readText(path.join(folder, 'README.md')))?.[0];
    if (part === undefined) return [];
    own.unshift(part);
  }
  return own.length > 0 ? [`(from ${from})`, ...own] : [];
}

function readText(file) {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim();
}

/** What some things that share a licence text are called, and the text. */
export function noticeSection(heads, text) {
  const rule = '='.repeat(80);
  return `${rule}\n${[...new Set(heads)].sort().join('\n')}\n${rule}\n\n${text}\n`;
}

/** The whole file: packages with the same text share it. */
export function noticesText(folders) {
  const problems = [];
  const notices = folders.flatMap((folder) => {
    try {
      return [noticeOf(folder)];
    } catch (error) {
      problems.push(error.message);
      return [];
    }
  });
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const byText = Map.groupBy
    ? Map.groupBy(notices, ({ text }) => text)
    : notices.reduce((map, one) => map.set(one.text, [...(map.get(one.text) ?? []), one]), new Map());
  const sections = [...byText].map(([text, some]) => {
    const heads = some.map(({ name, version, license, source }) => `${name} ${version} (${license}) ${source}`.trim());
    return noticeSection(heads, text);
  });
  return `Face Trainer contains software of others, under the licences below.\n\n${sections.join('\n')}`;
}
