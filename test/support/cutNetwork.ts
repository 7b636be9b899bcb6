import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Loaded into each process of Node, threads as well, before its own code: whatever turns to a network is noted and refused. */
const HOOK = `
const fs = require('fs'), net = require('net'), dns = require('dns'), dgram = require('dgram');
const note = (what) => fs.appendFileSync(process.env.NETWORK_LOG, what + ' by ' + process.argv.slice(1, 3).join(' ') + '\\n');
const refuse = (what) => { note(what); throw new Error('the network is cut: ' + what); };
const local = (options) => typeof options === 'string' ? !/^\\d+$/.test(options) : options !== null && typeof options === 'object' && options.path !== undefined;
for (const [owner, name] of [[net.Socket.prototype, 'connect'], [net.Server.prototype, 'listen']]) {
  const original = owner[name];
  owner[name] = function (...args) {
    const first = Array.isArray(args[0]) ? args[0][0] : args[0];
    return local(first) ? original.apply(this, args) : refuse(name + ' ' + JSON.stringify(first));
  };
}
for (const object of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype])
  for (const name of Object.getOwnPropertyNames(object).filter((one) => /^(lookup|resolve|reverse)/.test(one)))
    object[name] = (...args) => refuse('dns.' + name + ' ' + String(args[0]));
dgram.createSocket = () => refuse('dgram');
note('watched');
`;

export interface CutRun {
  readonly status: number | null;
  readonly output: string;
  /** What any process of it wanted of a network, as it said. */
  readonly wanted: readonly string[];
  /** Processes and threads of Node that were watched. */
  readonly watched: number;
  /** Sockets of an internet family, as the kernel saw them; undefined where it cannot be asked. */
  readonly sockets: readonly string[] | undefined;
}

const works = (program: string, ...args: string[]): boolean => spawnSync(program, [...args, 'true']).status === 0;

/** A machine without any interface, not even its own, where a program may make one. */
const APART: readonly string[] =
  [
    ['unshare', '--net'],
    ['unshare', '--net', '--map-root-user'],
  ].find(([program, ...args]) => works(program!, ...args)) ?? [];
const TRACED = ['strace', '-f', '-qq', '--seccomp-bpf', '-e', 'trace=socket', '-o'];
const canTrace = spawnSync('strace', ['-f', '-qq', '--seccomp-bpf', '-e', 'trace=socket', 'true']).status === 0;

/** How the network is cut here, in words. */
export const CUT: string = [
  'hooks in every process of Node',
  ...(APART.length > 0 ? ['a network namespace of its own'] : []),
  ...(canTrace ? ['system calls traced'] : []),
].join(', ');

/** Runs a program of Node to its end without a network. @param folder where it runs, and where its notes lie */
export function runCut(args: readonly string[], folder: string, environment: NodeJS.ProcessEnv = {}): CutRun {
  const [hook, log, trace] = ['.hook.cjs', '.network.log', '.trace'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  fs.writeFileSync(hook, HOOK);
  fs.writeFileSync(log, '');
  const whole = [...(canTrace ? [...TRACED, trace] : []), ...APART, process.execPath, ...args];
  const env = { ...process.env, ...environment, NODE_OPTIONS: `--require ${hook}`, NETWORK_LOG: log };
  const { status, stdout, stderr } = spawnSync(whole[0]!, whole.slice(1), { cwd: folder, env, encoding: 'utf8' });
  const notes = fs
    .readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return {
    ...{ status, output: stdout + stderr },
    wanted: notes.filter((line) => !line.startsWith('watched')),
    watched: notes.filter((line) => line.startsWith('watched')).length,
    sockets: canTrace ? (fs.readFileSync(trace, 'utf8').match(/^.*AF_INET.*$/gm) ?? []) : undefined,
  };
}
