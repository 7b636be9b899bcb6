import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { isAlive } from '../platform/isAlive.js';
import { cacheFolder } from '../platform/cacheFolder.js';
import { PRIVATE_FOLDER } from '../platform/rights.js';
import { installerRoute, type RouteResult } from './installerRoute.js';
import { lastLine, runProgram } from '../platform/runProgram.js';
import { damagedFiles, findTensorFlow, tensorFlowFolder, type TensorFlowHome } from './tensorFlowHome.js';
import { wheelRoute } from './wheelRoute.js';

export interface SetUpOptions {
  /** Folder with tfjs-node's C++ sources, the Node-API headers and a lock file for npm, laid there by the build. */
  readonly bindingSources: string;
  readonly cache?: string;
  /** Progress, a line each. */
  readonly say?: (line: string) => void;
  /** Ways to fill a home, tried in order; each says why it could not. A test brings its own. */
  readonly routes?: readonly Route[];
}

export interface Route {
  readonly name: string;
  fill(home: string): Promise<RouteResult>;
}

/**
 * Gets TensorFlow into the user's cache: the package's own installer first, then the PyPI wheel with a compiled
 * binding. What is already there and whole is kept; an interrupted or damaged set-up is cleared and done again. A
 * home is filled under a temporary name and appears by one rename, so that no reader ever meets half of one.
 *
 * @throws UserError `engine-unavailable` with the reason of every route
 */
export async function setUpTensorFlow(options: SetUpOptions): Promise<TensorFlowHome> {
  const cache = options.cache ?? cacheFolder();
  const say = options.say ?? (() => undefined);
  const target = tensorFlowFolder(cache);
  const present = findTensorFlow(cache);
  if (present) {
    const damaged = await damagedFiles(present);
    if (damaged.length === 0) return present;
    say(`${damaged.join(', ')} changed since the set-up: doing it again`);
  }
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(target), { recursive: true, mode: PRIVATE_FOLDER });
  clearAbandoned(path.dirname(target));

  const routes: readonly Route[] = options.routes ?? [
    { name: 'tfjs-node’s own installer', fill: (home) => installerRoute(home, options.bindingSources) },
    { name: 'the TensorFlow wheel', fill: (home) => wheelRoute(home, options.bindingSources, say) },
  ];
  const reasons: string[] = [];
  for (const route of routes) {
    say(`trying ${route.name}`);
    const partial = `${target}.partial-${process.pid}`;
    fs.mkdirSync(partial, { recursive: true });
    try {
      const reason = (await route.fill(partial)) ?? putInPlace(partial, target);
      const home = reason === undefined ? findTensorFlow(cache) : undefined;
      const refusal = reason ?? (home ? await loadFailure(home) : 'its files are not whole');
      if (home && refusal === undefined) return home;
      if (home) fs.rmSync(target, { recursive: true, force: true });
      reasons.push(`${route.name}: ${refusal ?? 'unknown'}`);
      say(reasons.at(-1)!);
    } finally {
      fs.rmSync(partial, { recursive: true, force: true });
    }
  }
  throw new UserError(
    'engine-unavailable',
    `TensorFlow could not be set up (${reasons.join('; ')}).`,
    'Check the network and the compiler, then run the set-up again. Until then, training can use the other engines.',
  );
}

function putInPlace(partial: string, target: string): RouteResult {
  try {
    fs.renameSync(partial, target);
  } catch (error) {
    // A second set-up was faster: its home is as good.
    if (!findTensorFlow(path.dirname(path.dirname(target))))
      return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

/** Loads the addon in a process of its own: a binding that crashes must not take the set-up with it. */
async function loadFailure(home: TensorFlowHome): Promise<RouteResult> {
  const script =
    'try { process.dlopen({ exports: {} }, process.argv[1]) } catch (e) { console.error(e.message); process.exit(1) }';
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', TF_CPP_MIN_LOG_LEVEL: '2' };
  const { code, output } = await runProgram(process.execPath, ['-e', script, home.binding], {
    cwd: home.folder,
    env,
    timeoutMs: 120_000,
  });
  return code === 0 ? undefined : `it does not load: ${lastLine(output)}`;
}

/** Removes what set-ups left whose process is gone. */
function clearAbandoned(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const pid = /\.partial-(\d+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}
