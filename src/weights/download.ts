import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { getProxyForUrl } from 'proxy-from-env';
import { UserError } from '../core/userError.js';
import { PRIVATE_FOLDER } from '../platform/rights.js';
import { loadProxyAgent } from './loadProxyAgent.js';

export interface DownloadOptions {
  readonly onProgress?: (bytes: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
  /** A proxy of the editor's settings; else those of the environment (`HTTPS_PROXY`, `NO_PROXY`) count. */
  readonly proxy?: string | undefined;
  /** Waits between two attempts. */
  readonly pauseMs?: number;
  /** Without a byte for so long a connection counts as broken. */
  readonly silenceMs?: number;
}

/** What is known of a file before it comes. */
export interface LimitedDownload extends DownloadOptions {
  /** A server that sends more is not believed. */
  readonly mostBytes: number;
  /** Looks at the whole file before it gets its name. @throws when it is not what it should be */
  readonly check?: (file: string) => Promise<void>;
}

const ATTEMPTS = 4;
const REDIRECTS = 5;

/** What is known of a file on its server: its entity tag and the MD5 that a server tells, both where it does. */
interface Identity {
  readonly etag: string | undefined;
  readonly md5: string | undefined;
}

/**
 * Downloads a file so that it is whole or absent. What has arrived is kept as `<file>.part` and goes on from there after a
 * broken connection or a cancelled download, when the server still has the same file; a file that does not match its
 * length or the server's checksum is thrown away and fetched again. Only https is spoken, but to a mirror on this machine.
 *
 * @throws UserError `download-failed`; when cancelled what the signal says
 */
export async function download(url: string, file: string, options: LimitedDownload): Promise<void> {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: PRIVATE_FOLDER });
  let last: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await pause((options.pauseMs ?? 1000) * 2 ** (attempt - 1), options.signal);
    try {
      await fetchPart(url, `${file}.part`, options);
      await options.check?.(`${file}.part`).catch((error: unknown) => {
        fs.rmSync(`${file}.part`, { force: true });
        throw error;
      });
      fs.renameSync(`${file}.part`, file);
      fs.rmSync(`${file}.part.json`, { force: true });
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      last = error;
      if (error instanceof Refused) break;
    }
  }
  throw new UserError(
    'download-failed',
    `${isUnreached(last) ? 'No connection to' : 'A download failed from'} ${new URL(url).host}: ${last instanceof Error ? last.message : String(last)}.`,
    `Check the network and proxy settings and try again: what has arrived of ${path.basename(file)} is kept. Or use a weights file that you have.`,
    { cause: last },
  );
}

/** What the system says where nobody answers. */
const UNREACHED: ReadonlySet<unknown> = new Set([
  ...['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ETIMEDOUT'],
]);

function isUnreached(error: unknown): boolean {
  return error instanceof Error && 'code' in error && UNREACHED.has(error.code);
}

/** An answer that another attempt will not change. */
class Refused extends Error {}

/** What nobody on the way can read or change. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname));
}

async function fetchPart(url: string, part: string, options: LimitedDownload): Promise<void> {
  const known = readIdentity(part);
  const begun = known?.etag ? (fs.statSync(part, { throwIfNoEntry: false })?.size ?? 0) : 0;
  const headers = begun > 0 ? { Range: `bytes=${begun}-`, 'If-Range': known!.etag! } : {};
  const response = await request(url, headers, options);
  const status = response.statusCode ?? 0;
  if (status === 416) {
    response.destroy();
    fs.rmSync(part, { force: true });
    throw new Error('the file on the server has changed');
  }
  if (status !== 200 && status !== 206) {
    response.destroy();
    const text = `the server answered ${status} ${response.statusMessage ?? ''}`.trim();
    throw status >= 500 || status === 429 || status === 408 ? new Error(text) : new Refused(text);
  }
  const goesOn = status === 206 && Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1]) === begun;
  if (status === 206 && !goesOn) {
    response.destroy();
    fs.rmSync(part, { force: true });
    throw new Error('the server sent a different part than the one requested');
  }
  const from = goesOn ? begun : 0;
  const length = response.headers['content-length'];
  const total = length === undefined ? undefined : from + Number(length);
  if (total !== undefined && total > options.mostBytes) {
    response.destroy();
    throw tooLarge(options);
  }
  const identity = identityOf(response);
  fs.writeFileSync(`${part}.json`, JSON.stringify(identity));
  await receive(response, part, from, total, options).catch((error: unknown) => {
    if (error instanceof Refused) fs.rmSync(part, { force: true });
    throw error;
  });
  const bytes = fs.statSync(part).size;
  if (total !== undefined && bytes < total) throw new Error(`the connection broke after ${bytes} of ${total} bytes`);
  if (identity.md5 !== undefined && md5(part) !== identity.md5) {
    fs.rmSync(part, { force: true });
    throw new Error('what arrived does not match the server’s checksum');
  }
}

async function receive(
  response: IncomingMessage,
  part: string,
  from: number,
  total: number | undefined,
  options: LimitedDownload,
): Promise<void> {
  const out = fs.openSync(part, from > 0 ? 'r+' : 'w');
  let at = from;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (at + chunk.length > options.mostBytes) throw tooLarge(options);
      fs.writeSync(out, chunk, 0, chunk.length, at);
      at += chunk.length;
      options.onProgress?.(at, total);
    }
  } finally {
    fs.ftruncateSync(out, at);
    fs.closeSync(out);
  }
}

function tooLarge({ mostBytes }: LimitedDownload): Refused {
  return new Refused(
    `the server sends more than the ${mostBytes.toLocaleString('en-US')} bytes that the file may have`,
  );
}

async function request(
  url: string,
  headers: http.OutgoingHttpHeaders,
  options: DownloadOptions,
  redirects = REDIRECTS,
): Promise<IncomingMessage> {
  const { signal, silenceMs = 30_000 } = options;
  const proxy = options.proxy || getProxyForUrl(url); // an empty setting is none
  const agent = proxy ? (await loadProxyAgent()).proxyAgent(proxy) : undefined;
  if (!isSafe(url)) throw new Refused('its address is not one of https');
  const secure = url.startsWith('https:');
  return new Promise<IncomingMessage>((resolve, reject) => {
    const asked = (secure ? https : http).get(url, {
      headers: { 'User-Agent': 'face-trainer', ...headers },
      timeout: silenceMs,
      ...(agent ? { agent } : {}),
      ...(signal ? { signal } : {}),
    });
    asked.once('timeout', () => asked.destroy(new Error(`no data arrived for ${silenceMs / 1000} s`)));
    asked.once('error', (error) => reject(error));
    asked.once('response', (response) => {
      const { location } = response.headers;
      if (
        location === undefined ||
        response.statusCode === undefined ||
        response.statusCode < 300 ||
        response.statusCode >= 400
      ) {
        resolve(response);
        return;
      }
      response.destroy();
      const next = new URL(location, url).toString();
      if (redirects === 0) reject(new Refused('the server redirects in a loop'));
      else if (secure && !next.startsWith('https:')) reject(new Refused('the server redirects to an unsafe address'));
      else request(next, headers, options, redirects - 1).then(resolve, reject);
    });
  });
}

/** Google's storage tells an MD5 in a header of its own. */
function identityOf({ headers }: IncomingMessage): Identity {
  const { etag } = headers;
  const told = [headers['x-goog-hash'] ?? ''].flat().join(',');
  const md5InBase64 = /md5=([A-Za-z0-9+/]{22}==)/.exec(told)?.[1] ?? headers['content-md5'];
  // A weak tag does not promise the same bytes.
  const strong = etag !== undefined && !etag.startsWith('W/') ? etag : undefined;
  return { etag: strong, md5: typeof md5InBase64 === 'string' ? md5InBase64 : undefined };
}

function readIdentity(part: string): Identity | undefined {
  try {
    const { etag } = JSON.parse(fs.readFileSync(`${part}.json`, 'utf8')) as { etag?: unknown };
    return { etag: typeof etag === 'string' ? etag : undefined, md5: undefined };
  } catch {
    return undefined;
  }
}

function md5(file: string): string {
  return createHash('md5').update(fs.readFileSync(file)).digest('base64');
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
    });
  });
}
