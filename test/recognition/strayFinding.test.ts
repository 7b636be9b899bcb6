import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { scanDataset } from '../../src/dataset/scanDataset.js';
import { datasetReport } from '../../src/protocol/check.js';
import { strayFinding } from '../../src/recognition/strayFinding.js';
import { built } from '../support/built.js';
import { useEnvironment } from '../support/environment.js';
import { drawFaces, fakeSight } from '../support/fakeSight.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const folder = scratchFolder();

describe('pictures that look like someone else', () => {
  // Vectors are kept in the cache of the user: here it is one of each test.
  useEnvironment(() => ({ FACE_TRAINER_CACHE: path.join(folder(), 'cache') }));
  const never = () => false;
  const quietly = () => undefined;
  const dataset = () => path.join(folder(), 'people');
  /** Three people with so many pictures each. */
  function draw(): void {
    for (const [person, name] of ['Anna', 'Bo', 'Cy'].entries())
      for (let picture = 0; picture < 5; picture++)
        drawFaces(path.join(dataset(), name, `${picture}.png`), [{ person, picture }]);
  }

  it('are listed with the picture that they are most like', async () => {
    draw();
    drawFaces(path.join(dataset(), 'Bo', 'astray.png'), [{ person: 0, picture: 7 }]);
    drawFaces(path.join(dataset(), 'Cy', 'wall.png'), []);
    const finding = await strayFinding(fakeSight(), scanDataset(dataset()), quietly, never);
    assert.equal(finding?.title, '1 picture looks like someone else');
    const [stray, nearest] = finding.files;
    assert.deepEqual([finding.files.length, stray!.file, stray!.group, nearest!.group], [2, 'Bo/astray.png', 0, 0]);
    assert.match(stray!.detail!, /^(\u2212?0\.\d\d) Bo$/);
    assert.match(nearest!.file, /^Anna\/\d\.png$/);
    assert.match(nearest!.detail!, /^0\.\d\d Anna$/);
  });

  it('are none in a folder where everybody is in place, and when the check is stopped', async () => {
    draw();
    assert.equal(await strayFinding(fakeSight(), scanDataset(dataset()), quietly, never), undefined);
    drawFaces(path.join(dataset(), 'Bo', 'astray.png'), [{ person: 0, picture: 7 }]);
    assert.equal(await strayFinding(fakeSight(), scanDataset(dataset()), quietly, () => true), undefined);
  });

  it('are looked at once, and again where a file has changed', async () => {
    draw();
    const scanned = scanDataset(dataset());
    await strayFinding(fakeSight(), scanned, quietly, never);
    const again = fakeSight();
    await strayFinding(again, scanned, quietly, never);
    assert.equal(again.asked.pictures, 0);
    drawFaces(path.join(dataset(), 'Bo', '0.png'), [{ person: 1, picture: 33 }]);
    await strayFinding(again, scanned, quietly, never);
    assert.equal(again.asked.pictures, 1);
  });

  withShared('wrong names among pictures from the press', [sharedPaths.wild, sharedPaths.faceWeights], () => {
    it('are three of five people, and nothing else', function () {
      this.timeout(120_000);
      for (const person of [
        'Michael_Schumacher',
        'Rubens_Barrichello',
        'Recep_Tayyip_Erdogan',
        'Abdullah_Gul',
        'Mahmoud_Abbas',
      ]) {
        const from = path.join(sharedPaths.wild, person);
        fs.cpSync(from, path.join(dataset(), person), { recursive: true });
      }
      const args = ['check', dataset(), '--json', '--face-weights', sharedPaths.faceWeights];
      const { stdout, stderr } = spawnSync(process.execPath, [built('faceTrainer.js'), ...args], { encoding: 'utf8' });
      const report = datasetReport.parse(JSON.parse(stdout || stderr));
      const files = report.findings.find(({ code }) => code === 'looks-like-another')!.files;
      assert.deepEqual(
        files
          .filter((_, i) => i % 2 === 0)
          .map(({ file }) => path.basename(file))
          .sort(),
        ['Mahmoud_Abbas_0012.jpg', 'Michael_Schumacher_0008.jpg', 'Recep_Tayyip_Erdogan_0004.jpg'],
      );
      assert.ok(files.every(({ thumbnail }) => thumbnail?.startsWith('data:image/')));
    });
  });
});
