// dist/sbom.cdx.json: every part of others that is shipped, be it bundled, packed or copied, as a CycloneDX bill of materials. The
// same parts are named with their licences in ThirdPartyNotices.txt (notices.mjs).
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { Enums, Models, Serialize, Spec, SPDX } from '@cyclonedx/cyclonedx-library';
import { root } from './lib.mjs';
import { placeFrom } from './tensorFlowLock.mjs';

const json = (...parts) => JSON.parse(readFileSync(path.join(...parts), 'utf8'));

/**
 * @param folders of the packages that are shipped, something of each at least; real paths
 * @param lock package-lock.json, which says the digest of what npm gave of each
 */
export function sbomText(folders, lock) {
  const about = json(root, 'package.json');
  const product = new Models.Component(Enums.ComponentType.Application, about.name, {
    ...{ version: about.version, bomRef: purlOf(about), purl: purlOf(about), description: about.description },
    licenses: licensesOf(about.license),
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: product }) });
  /** By the places that the lock file has for them: two versions of a package have two. */
  const components = new Map();
  for (const folder of folders) {
    const at = placeOf(folder);
    components.set(at, componentOf(folder, lock.packages[at]));
    bom.components.add(components.get(at));
    product.dependencies.add(components.get(at).bomRef);
  }
  for (const [at, component] of components) {
    const { dependencies, optionalDependencies } = lock.packages[at] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const needed = components.get(placeFrom(lock.packages, at, name));
      if (needed) component.dependencies.add(needed.bomRef);
    }
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** The same with networks of others, which come as files of their own. */
export function withModels(sbom, models) {
  const bom = JSON.parse(sbom);
  const components = models.map(({ name, file, version, license, sha384 }) => ({
    ...{ type: 'machine-learning-model', name: file, group: name, version, 'bom-ref': `model:${file}` },
    hashes: [{ alg: 'SHA-384', content: sha384 }],
    licenses: [{ license: { id: license } }],
  }));
  return `${JSON.stringify({ ...bom, components: [...bom.components, ...components] }, null, 2)}\n`;
}

/** As the lock file names a package's folder; node_modules may be a link. */
function placeOf(folder) {
  const modules = realpathSync(path.join(root, 'node_modules'));
  return `node_modules/${path.relative(modules, folder).replaceAll('\\', '/')}`;
}

function componentOf(folder, locked) {
  const about = json(folder, 'package.json');
  const [scope, name] = about.name.startsWith('@') ? about.name.split('/') : [undefined, about.name];
  const component = new Models.Component(Enums.ComponentType.Library, name, {
    ...{ group: scope, version: about.version, bomRef: purlOf(about), purl: purlOf(about) },
    licenses: licensesOf(about.license),
    hashes: hashesOf(locked),
  });
  // What was compiled into a binary, where its package says so.
  const inside = path.join(folder, 'versions.json');
  if (existsSync(inside))
    for (const [library, version] of Object.entries(json(inside)))
      component.components.add(
        new Models.Component(Enums.ComponentType.Library, library, { version, bomRef: `${purlOf(about)}#${library}` }),
      );
  return component;
}

/** Of the archive that npm unpacked. */
function hashesOf(locked) {
  const [, base64] = /^sha512-(.+)$/.exec(locked?.integrity ?? '') ?? [];
  const hex = base64 && Buffer.from(base64, 'base64').toString('hex');
  return new Models.HashDictionary(hex ? [[Enums.HashAlgorithm['SHA-512'], hex]] : []);
}

function licensesOf(license) {
  if (typeof license !== 'string')
    return new Models.LicenseRepository([new Models.NamedLicense('see ThirdPartyNotices.txt')]);
  if (SPDX.isSupportedSpdxId(license)) return new Models.LicenseRepository([new Models.SpdxLicense(license)]);
  const isExpression = /\b(OR|AND|WITH)\b/.test(license);
  return new Models.LicenseRepository([
    isExpression ? new Models.LicenseExpression(license) : new Models.NamedLicense(license),
  ]);
}

/** A package's address, as https://github.com/package-url/purl-spec writes those of npm. */
function purlOf({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
