import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { Forgetting, PersonalPlace } from '../../src/protocol/personalData.js';
import { filesIn } from '../../src/privacy/folderSize.js';
import { built } from '../support/built.js';
import { jsonLines } from '../support/jsonLines.js';

/** The whole program in a folder of its own, with a cache of its own. */
export class Program {
  constructor(readonly folder: string) {
    fs.mkdirSync(this.at('tmp'), { recursive: true });
  }

  at(...names: string[]): string {
    return path.join(fs.realpathSync(this.folder), ...names);
  }

  private get env(): NodeJS.ProcessEnv {
    return { ...process.env, FACE_TRAINER_CACHE: this.at('cache'), TMPDIR: this.at('tmp') };
  }

  run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const options = { cwd: this.folder, encoding: 'utf8', env: this.env } as const;
    return spawnSync(process.execPath, [built('faceTrainer.js'), ...args], options);
  }

  /** The same, killed with its trainer after some time, ms. */
  async killed(afterMs: number, ...args: string[]): Promise<void> {
    const options = { cwd: this.folder, env: this.env, detached: true, stdio: 'ignore' } as const;
    const child = spawn(process.execPath, [built('faceTrainer.js'), ...args], options);
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), afterMs);
    await once(child, 'exit');
    clearTimeout(timer);
  }

  /** What must go well. */
  done(...args: string[]): string {
    const { status, stdout, stderr } = this.run(...args);
    assert.equal(status, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
    return stdout;
  }

  list(): PersonalPlace[] {
    return jsonLines(this.done('privacy', 'list', '--json')) as PersonalPlace[];
  }

  forget(...args: string[]): Forgetting {
    return JSON.parse(this.done('forget', ...args, '--json')) as Forgetting;
  }

  /** Trains a network that fits into a second, and gives its folder. */
  train(dataset: string, ...args: string[]): string {
    const small = ['--size', '32', '--batch', '8', '--width', '0.35', '--epochs', '1', '--threads', '1'];
    this.done(
      'train',
      dataset,
      '--recipe',
      'original',
      ...small,
      '--out',
      this.at('.face-trainer', 'runs', 'first'),
      ...args,
    );
    return this.at('.face-trainer', 'runs', 'first');
  }

  /** Files outside of the pictures that hold some bytes, or have them in their path. */
  holding(text: string | Buffer, except: readonly string[]): string[] {
    const all = [...filesIn(this.at())].filter((file) => !except.some((one) => file.startsWith(one)));
    return all.filter((file) => fs.readFileSync(file).includes(text) || file.includes(text.toString()));
  }
}
