import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { faceWeightsModels } from '../../scripts/faceWeights.mjs';
import { sbomText, withModels } from '../../scripts/sbom.mjs';
import { PUBLISHED_FILES } from '../../src/weights/faceWeights.js';
import { root } from './sources.js';

const read = (...parts: string[]) => fs.readFileSync(path.join(...parts), 'utf8');

interface Component {
  readonly type: string;
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly 'bom-ref': string;
  readonly hashes?: { readonly alg: string; readonly content: string }[];
  readonly licenses?: unknown[];
  readonly components?: Component[];
}
interface Bom {
  readonly components: Component[];
  readonly dependencies: { readonly ref: string; readonly dependsOn?: string[] }[];
}

/** The schema that CycloneDX publishes, and those that it refers to. @returns what is wrong */
function problemsOf(text: string): string {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'));
  const schema = (name: string) => JSON.parse(read(folder, 'res', 'schema', `${name}.SNAPSHOT.schema.json`)) as object;
  // Formats of addresses beyond ASCII, which these files have none of.
  const formats = { ...fullFormats, 'iri-reference': true, 'idn-email': true } as const;
  const ajv = new Ajv({ strict: false, formats });
  for (const name of ['jsf-0.82', 'spdx', 'cryptography-defs'])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  const valid = ajv.compile(schema('bom-1.6'));
  return valid(JSON.parse(text)) ? '' : ajv.errorsText(valid.errors);
}

describe('the bill of materials', () => {
  const text = () => read(root, 'dist/sbom.cdx.json');
  const bom = () => JSON.parse(text()) as Bom;
  const nameOf = ({ group, name }: Component) => (group === undefined ? name : `${group}/${name}`);

  it('is one of CycloneDX 1.6 by its schema, which notices what is wrong', () => {
    assert.equal(problemsOf(text()), '');
    assert.match(problemsOf(text().replace('"library"', '"book"')), /type/);
    assert.match(problemsOf(text().replace(/"id": "MIT"/, '"id": "MITT"')), /id|enum/);
  });

  it('names what the notices name, in the same versions, and each once', () => {
    const noticed = [...read(root, 'dist/ThirdPartyNotices.txt').matchAll(/^={80}\n([^]*?)\n={80}$/gm)]
      .flatMap(([, heads]) => heads!.split('\n'))
      .map((head) => /^\S+ \S+/.exec(head)![0]);
    const listed = bom().components.map((component) => `${nameOf(component)} ${component.version}`);
    assert.ok(listed.length > 50);
    assert.deepEqual(listed.sort(), [...new Set(noticed)].sort());
    assert.equal(new Set(bom().components.map((component) => component['bom-ref'])).size, listed.length);
  });

  it('says of each package the digest that it was installed by, and its licence', () => {
    const lock = JSON.parse(read(root, 'package-lock.json')) as { packages: Record<string, { integrity?: string }> };
    const known = new Set(Object.values(lock.packages).map(({ integrity }) => integrity));
    for (const component of bom().components) {
      const [hash] = component.hashes ?? [];
      assert.equal(hash?.alg, 'SHA-512', component.name);
      assert.ok(known.has(`sha512-${Buffer.from(hash.content, 'hex').toString('base64')}`), component.name);
      assert.equal(component.licenses?.length, 1, component.name);
    }
  });

  it('says what is inside libvips, and who needs whom', () => {
    const { components, dependencies } = bom();
    const vips = components.find(({ name }) => name.startsWith('sharp-libvips-'));
    assert.ok(vips?.components?.some(({ name, version }) => name === 'heif' && /^\d+\./.test(version)));
    const all = new Set(['pkg:npm/face-trainer@', ...components.map((component) => component['bom-ref'])]);
    for (const { ref, dependsOn = [] } of dependencies)
      for (const one of [ref, ...dependsOn])
        assert.ok(all.has(one) || one.startsWith('pkg:npm/face-trainer@') || one.includes('#'), one);
    const sharp = dependencies.find(({ ref }) => ref.startsWith('pkg:npm/sharp@'));
    assert.ok(sharp?.dependsOn?.some((ref) => ref.startsWith('pkg:npm/semver@')));
  });

  it('is the same however often it is made', () => {
    const lock = JSON.parse(read(root, 'package-lock.json')) as object;
    const folder = fs.realpathSync(path.join(root, 'node_modules/zod'));
    assert.equal(sbomText([folder], lock), sbomText([folder], lock));
    assert.match(sbomText([folder], lock), /"pkg:npm\/zod@/);
  });

  it('names the face weights in a package that has them', () => {
    const packed = withModels(text(), faceWeightsModels());
    assert.equal(problemsOf(packed), '');
    const models = (JSON.parse(packed) as Bom).components.filter(({ type }) => type === 'machine-learning-model');
    assert.deepEqual(
      models.map(({ name, hashes }) => [name, hashes![0]!.content]),
      PUBLISHED_FILES.map(({ name, sha384 }) => [name, sha384]),
    );
  });
});
