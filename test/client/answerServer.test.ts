import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { AnswerServer, newToken } from '../../src/client/answerServer.js';
import { LARGEST_PICTURE } from '../../src/client/openApi.js';
import type { Reply } from '../../src/protocol/recognitionJobs.js';
import { served, servedError } from '../../src/protocol/served.js';
import { recognizedIn } from './answers.js';

const token = newToken();

describe('AnswerServer', function () {
  this.timeout(20_000);
  let server: AnswerServer | undefined;
  let files: string[] = [];
  afterEach(() => {
    server?.close();
    for (const file of files) assert.equal(fs.existsSync(path.dirname(file)), false, 'nothing is kept');
    files = [];
  });

  async function start(
    ask: (file: string) => Promise<Reply['result']> = (file) => Promise.resolve(recognizedIn([file])),
  ) {
    server = await AnswerServer.start({
      ...{ token, port: 0, version: '1' },
      ask: ({ files: [file] }) => {
        files.push(file!);
        return ask(file!);
      },
    });
    return server.url;
  }

  const authorization = `Bearer ${token}`;
  const post = (url: string, body: BodyInit, headers: Record<string, string> = { authorization }) =>
    fetch(`${url}/recognize`, { method: 'POST', body, headers });
  const said = async (response: Response) => [response.status, servedError.parse(await response.json()).code];

  it('answers a picture by what the recognizer says, without a place on this disk, and keeps nothing', async () => {
    const pictures: string[] = [];
    const url = await start((file) => {
      pictures.push(fs.readFileSync(file, 'utf8'));
      if (process.platform !== 'win32') assert.equal(fs.statSync(path.dirname(file)).mode & 0o077, 0);
      return Promise.resolve(recognizedIn([file]));
    });
    assert.equal(new URL(url).hostname, '127.0.0.1');
    const response = await post(url, 'a picture');
    const text = await response.text();
    assert.equal(response.status, 200);
    const { recognizer, answer } = served.parse(JSON.parse(text));
    assert.deepEqual([recognizer, 'person' in answer && answer.person, pictures], ['door', 'Anna', ['a picture']]);
    assert.doesNotMatch(text, /"file"|"mostLike"|"seen"/);
    assert.equal(fs.existsSync(files[0]!), false);
  });

  it('lets nobody in without the token, by another name of this machine, or from a page', async () => {
    const url = await start();
    assert.deepEqual(await said(await post(url, 'x', {})), [401, 'token']);
    for (const wrong of [`Bearer ${newToken()}`, token, 'Bearer ', `Basic ${token}`])
      assert.deepEqual(await said(await post(url, 'x', { authorization: wrong })), [401, 'token']);
    assert.deepEqual(await said(await post(url, 'x', { authorization, origin: 'https://a.example' })), [
      421,
      'not-here',
    ]);
    assert.equal(await statusFor(url, { authorization, host: 'a.example' }), 421);
    assert.deepEqual(files, []);
  });

  /** With a header that `fetch` does not let anybody choose. */
  function statusFor(url: string, headers: Record<string, string>): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = http.request(`${url}/recognize`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      request.once('error', reject).end('x');
    });
  }

  it('refuses what is too large, empty, or elsewhere', async () => {
    const url = await start();
    assert.deepEqual(await said(await post(url, '')), [400, 'no-picture']);
    assert.deepEqual(await said(await fetch(`${url}/other`, { headers: { authorization } })), [404, 'no-place']);
    assert.deepEqual(await said(await fetch(`${url}/recognize`, { headers: { authorization } })), [405, 'no-place']);
    const large = await post(url, new Uint8Array(LARGEST_PICTURE + 1)).then(said, () => 'cut off');
    assert.ok(large === 'cut off' || large[0] === 413, String(large));
    assert.deepEqual(files, []);
  });

  it('says why the recognizer cannot answer, and lets nine at once not wait for ever', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const url = await start(() =>
      held.then(() => ({
        kind: 'refused',
        code: 'weights-absent',
        message: 'The network is gone.',
        advice: 'Get it.',
      })),
    );
    const eight = Array.from({ length: 8 }, () => post(url, 'x'));
    while (files.length < 8) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(await said(await post(url, 'x')), [429, 'busy']);
    release();
    for (const response of eight) assert.deepEqual(await said(await response), [503, 'weights-absent']);
  });

  it('describes itself by an OpenAPI document that its answers fit', async () => {
    const url = await start();
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
    assert.match(document.openapi, /^3\.1\./);
    const { responses } = document.paths['/recognize'].post;
    const fits = (status: string, value: unknown) => {
      const ajv = addFormats(new Ajv({ strict: false }));
      assert.ok(ajv.validate(responses[status]!.content['application/json'].schema, value), ajv.errorsText());
    };
    fits('200', await (await post(url, 'x')).json());
    fits('401', await (await post(url, 'x', {})).json());
    assert.throws(() => fits('200', { recognizer: 1 }));
  });
});

interface OpenApi {
  readonly openapi: string;
  readonly paths: {
    readonly '/recognize': {
      readonly post: {
        readonly responses: Readonly<
          Record<string, { readonly content: { readonly 'application/json': { readonly schema: object } } }>
        >;
      };
    };
  };
}
