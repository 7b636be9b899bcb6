import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { trainerCommand, trainerMessage, type TrainerOrder } from '../../src/protocol/jobs.js';
import { built } from '../support/built.js';

export interface Script {
  /** Once it has its order. */
  readonly says?: readonly object[];
  /** When it is asked to stop; without it the trainer stays deaf. */
  readonly onStop?: readonly object[];
  /** Exit code of the trainer. */
  readonly exits?: number;
}

export interface Told {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What the trainer was started with; absent where it was not started. */
  readonly order: TrainerOrder | undefined;
}

/** The bundled program beside a trainer that says what a test wants; both lie in a folder `program` of `cwd`. */
export class ScriptedProgram {
  private readonly entry: string;
  private readonly orderFile: string;

  constructor(private readonly cwd: string) {
    this.entry = path.join(cwd, 'program', 'faceTrainer.js');
    this.orderFile = path.join(cwd, 'program', 'order.json');
    fs.mkdirSync(path.dirname(this.entry));
    fs.copyFileSync(built('faceTrainer.js'), this.entry);
    fs.copyFileSync(path.join(import.meta.dirname, 'trainers', 'scripted.cjs'), this.beside('trainer.js'));
  }

  beside(name: string): string {
    return path.join(path.dirname(this.entry), name);
  }

  run(args: readonly string[], script: Script = {}, env: NodeJS.ProcessEnv = {}): Told {
    const options = { cwd: this.cwd, encoding: 'utf8', env: { ...this.env(script), ...env } } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.entry, ...args], options);
    return { status, stdout, stderr, order: this.order() };
  }

  /** Sends a signal each time that the program has printed what the trainer, or the signal before, makes it print. */
  async interrupt(args: readonly string[], script: Script, after: readonly RegExp[]): Promise<Told> {
    const child = spawn(process.execPath, [this.entry, ...args], {
      cwd: this.cwd,
      env: { ...this.env(script), STAYS: 'yes' },
    });
    const said = { stdout: '', stderr: '' };
    const waiting = [...after];
    const heard = (stream: 'stdout' | 'stderr', text: string) => {
      said[stream] += text;
      if (!waiting[0]?.test(`${said.stdout}${said.stderr}`)) return;
      waiting.shift();
      child.kill('SIGINT');
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => heard('stdout', text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => heard('stderr', text));
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    assert.deepEqual(waiting, [], `${said.stdout}\n${said.stderr}`);
    return { status, ...said, order: this.order() };
  }

  private env(script: Script): NodeJS.ProcessEnv {
    // A script that the protocol does not know would prove nothing.
    for (const message of [...(script.says ?? []), ...(script.onStop ?? [])]) trainerMessage.parse(message);
    fs.rmSync(this.orderFile, { force: true });
    return { ...process.env, SCRIPT: JSON.stringify(script), ORDER: this.orderFile };
  }

  private order(): TrainerOrder | undefined {
    if (!fs.existsSync(this.orderFile)) return undefined;
    const command = trainerCommand.parse(JSON.parse(fs.readFileSync(this.orderFile, 'utf8')));
    assert.ok(command.type !== 'stop' && command.type !== 'request');
    return command;
  }
}
