import { spawn } from 'node:child_process';

export interface ProgramResult {
  /** 0 when it ended well; undefined when it could not be started or was ended by a signal. */
  readonly code: number | undefined;
  /** The last 4,000 characters it printed. */
  readonly output: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end without a shell and keeps the tail of what it prints; never rejects. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    let output = '';
    const add = (text: string | Buffer) => (output = (output + String(text)).slice(-4000));
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', (error) => resolve({ code: undefined, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? undefined, output }));
  });
}

/** The last line that says something: what a person reads of a failed program. */
export function lastLine(output: string): string {
  return (output.trim().split('\n').at(-1) ?? '').slice(0, 300);
}
