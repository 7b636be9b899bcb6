import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { download } from '../../src/weights/download.js';
import { downloadImageNetWeights, imageNetFile, isDownloaded } from '../../src/weights/imageNetWeights.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const weights = fs.readFileSync(path.join(import.meta.dirname, '../reference/keras_weights.h5'));
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('base64');

/** What a test's server does with a request. */
type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

interface Asked {
  readonly range: string | undefined;
  readonly url: string;
}

let server: http.Server;
let asked: Asked[];
let answers: Answer[];

/** A server as storage hosts are: ranges, an entity tag, a checksum in a header. */
function whole(content = weights, tag = '"1"'): Answer {
  return (request, response) => {
    const headers = { etag: tag, 'x-goog-hash': `crc32c=AAAAAA==,md5=${md5(content)}` };
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0 && request.headers['if-range'] === tag) {
      if (from >= content.length) response.writeHead(416).end();
      else
        response
          .writeHead(206, {
            ...headers,
            'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
            'content-length': content.length - from,
          })
          .end(content.subarray(from));
    } else response.writeHead(200, { ...headers, 'content-length': content.length }).end(content);
  };
}

/** The same, but the connection breaks after some bytes. */
function broken(after: number): Answer {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const status = from > 0 ? 206 : 200;
    response.writeHead(status, {
      etag: '"1"',
      'content-range': `bytes ${from}-${weights.length - 1}/${weights.length}`,
      'content-length': weights.length - from,
    });
    response.write(weights.subarray(from, from + after), () => setTimeout(() => response.destroy(), 20));
  };
}

const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code).end('no');

/** For each test of a suite. */
function useServer(): void {
  beforeEach(async () => {
    [asked, answers] = [[], []];
    server = http.createServer((request, response) => {
      asked.push({ range: request.headers.range, url: request.url! });
      (answers.shift() ?? whole())(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
}

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.h5`;
const file = () => path.join(folder(), 'deep', 'weights.h5');
const get = (options = {}) => download(url(), file(), { pauseMs: 1, mostBytes: weights.length, ...options });
const left = () => fs.readdirSync(path.dirname(file()));

describe('download', () => {
  useServer();
  it('says where nobody answers, the place first', async () => {
    const port = await new Promise<number>((resolve) => {
      const gone = http.createServer().listen(0, '127.0.0.1', () => {
        const { port } = gone.address() as AddressInfo;
        gone.close(() => resolve(port));
      });
    });
    const refused = download(`http://127.0.0.1:${port}/weights.h5`, file(), { pauseMs: 1, mostBytes: 10 });
    await assert.rejects(refused, { code: 'download-failed', message: /^No connection to 127\.0\.0\.1:\d+: / });
  });

  it('fills no disk: a server that says or sends more than the file has is left', async () => {
    const more = weights.length - 1;
    await assert.rejects(get({ mostBytes: more }), {
      code: 'download-failed',
      message: /sends more than the [\d,]+ bytes/,
    });
    assert.equal(asked.length, 1, 'it would be the same the next time');
    let sent = 0;
    answers = [
      (_, response) => {
        response.writeHead(200); // without a length, and without an end
        const send = () => {
          sent += 1 << 16;
          if (!response.destroyed) response.write(Buffer.alloc(1 << 16), send);
        };
        send();
      },
    ];
    await assert.rejects(get({ mostBytes: 1 << 20 }), /sends more than/);
    assert.ok(sent < 1 << 24, `${sent} bytes`);
    assert.deepEqual(
      fs.readdirSync(folder()).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('speaks nothing but https with other machines, wherever it is sent', async () => {
    const unsafe = 'http://mirror.example/weights.h5';
    await assert.rejects(
      download(unsafe, file(), { mostBytes: 1 }),
      /mirror\.example: its address is not one of https/,
    );
    answers = [(_, response) => void response.writeHead(302, { location: unsafe }).end()];
    await assert.rejects(get(), /its address is not one of https/);
    assert.equal(asked.length, 1);
    await get();
    assert.deepEqual(fs.readFileSync(file()), weights, 'a mirror on this machine is one');
  });

  it('brings a file, tells how far it is, and leaves nothing else', async () => {
    const told: [number, number | undefined][] = [];
    await get({ onProgress: (bytes: number, total?: number) => told.push([bytes, total]) });
    assert.deepEqual(fs.readFileSync(file()), weights);
    assert.deepEqual(told.at(-1), [weights.length, weights.length]);
    assert.deepEqual(left(), ['weights.h5']);
  });

  it('goes on where a connection broke', async () => {
    answers = [broken(10_000), broken(5_000)];
    await get();
    assert.deepEqual(fs.readFileSync(file()), weights);
    assert.deepEqual(
      asked.map(({ range }) => range),
      [undefined, 'bytes=10000-', 'bytes=15000-'],
    );
  });

  it('goes on in a later session, unless the server has another file by then', async () => {
    for (const [content, tag] of [
      [weights, '"1"'],
      [Buffer.from('another file'), '"2"'],
    ] as const) {
      fs.rmSync(path.dirname(file()), { recursive: true, force: true });
      answers = Array<Answer>(4).fill(broken(0));
      answers[0] = broken(10_000);
      await assert.rejects(get(), { code: 'download-failed', message: /connection broke|aborted|hang up/ });
      assert.equal(fs.statSync(`${file()}.part`).size, 10_000);
      answers = [whole(content, tag)];
      await get();
      assert.deepEqual(fs.readFileSync(file()), content);
    }
  });

  it('throws away what does not match the server’s checksum, and fetches it again', async () => {
    const corrupt = Buffer.from(weights);
    corrupt[20_000]! ^= 1;
    answers = [(_, response) => response.writeHead(200, { 'x-goog-hash': `md5=${md5(weights)}` }).end(corrupt)];
    await get();
    assert.deepEqual(fs.readFileSync(file()), weights);
    answers = Array<Answer>(4).fill((_, response) =>
      response.writeHead(200, { 'x-goog-hash': `md5=${md5(weights)}` }).end(corrupt),
    );
    fs.rmSync(file());
    await assert.rejects(get(), { code: 'download-failed', message: /does not match the server’s checksum/ });
    assert.deepEqual(
      left().filter((name) => !name.endsWith('.json')),
      [],
    );
  });

  it('tries again when a server is busy, and not when it says no', async () => {
    answers = [status(503), status(429)];
    await get();
    assert.equal(asked.length, 3);
    answers = [status(404)];
    await assert.rejects(get(), { code: 'download-failed', message: /the server answered 404/ });
    assert.equal(asked.length, 4);
  });

  it('starts over when the rest cannot be had', async () => {
    fs.mkdirSync(path.dirname(file()), { recursive: true });
    fs.writeFileSync(`${file()}.part`, Buffer.concat([weights, weights]));
    fs.writeFileSync(`${file()}.part.json`, JSON.stringify({ etag: '"1"' }));
    await get();
    assert.deepEqual(fs.readFileSync(file()), weights);
  });

  it('follows where a server leads, and not in circles', async () => {
    const lead =
      (to: string): Answer =>
      (_, response) =>
        void response.writeHead(302, { location: to }).end();
    answers = [lead('/elsewhere')];
    await get();
    assert.equal(asked[1]!.url, '/elsewhere');
    answers = Array<Answer>(20).fill(lead('/weights.h5'));
    await assert.rejects(get(), { code: 'download-failed', message: /in a loop/ });
  });

  it('gives up on a silent server, and can be cancelled', async () => {
    const silent: Answer = () => undefined;
    answers = Array<Answer>(4).fill(silent);
    await assert.rejects(get({ silenceMs: 50 }), { code: 'download-failed', message: /no data arrived/ });
    answers = [broken(10_000), silent];
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 150);
    await assert.rejects(get({ signal: cancel.signal }), { name: 'AbortError' });
    assert.equal(fs.statSync(`${file()}.part`).size, 10_000, 'what has arrived stays');
  });

  it('goes through a proxy, of the settings or of the environment', async () => {
    const through: string[] = [];
    const proxy = http.createServer();
    proxy.on('connect', (request, socket: net.Socket) => {
      through.push(request.url!);
      const [host, port] = request.url!.split(':');
      const on = net.connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        on.pipe(socket).pipe(on);
      });
      for (const end of [on, socket]) end.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const before = { ...process.env };
    try {
      await get({ proxy: address });
      assert.equal(through.length, 1);
      process.env['http_proxy'] = address;
      delete process.env['no_proxy'];
      delete process.env['NO_PROXY'];
      await get();
      assert.equal(through.length, 2);
      process.env['no_proxy'] = '127.0.0.1';
      await get();
      assert.equal(through.length, 2);
    } finally {
      process.env = before;
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

describe('the ImageNet weights', () => {
  useServer();
  const cache = () => path.join(folder(), 'cache');
  beforeEach(() => (process.env['FACE_TRAINER_WEIGHTS_URL'] = url().replace('weights.h5', 'mirror')));
  afterEach(() => delete process.env['FACE_TRAINER_WEIGHTS_URL']);

  it('are those of the width, at the size or the next larger one', () => {
    const name = (width: number, size: number) => imageNetFile({ width, size }, cache()).name.replace(/.*kernels_/, '');
    assert.equal(name(1, 128), '1.0_128_no_top.h5');
    assert.equal(name(0.35, 96), '0.35_96_no_top.h5');
    assert.equal(name(1.4, 160), '1.4_160_no_top.h5');
    assert.equal(name(1.3, 64), '1.3_96_no_top.h5');
    assert.equal(name(0.5, 256), '0.5_224_no_top.h5');
    assert.throws(() => imageNetFile({ width: 0.1, size: 128 }), { code: 'weights-none', message: /width 0\.1/ });
    delete process.env['FACE_TRAINER_WEIGHTS_URL'];
    assert.match(
      imageNetFile({ width: 1, size: 128 }).url,
      /^https:\/\/\S+\/mobilenet_v2\/mobilenet_v2_weights\S+_no_top\.h5$/,
    );
  });

  it('are downloaded once and known by their contents from then on', async () => {
    const wanted = imageNetFile({ width: 1, size: 128 }, cache());
    assert.equal(isDownloaded(wanted), false);
    await downloadImageNetWeights(wanted, { pauseMs: 1 });
    assert.equal(asked[0]!.url, `/mirror/${wanted.name}`);
    assert.equal(isDownloaded(wanted), true);
    await downloadImageNetWeights(wanted);
    assert.equal(asked.length, 1);
    fs.truncateSync(wanted.path, 1000);
    assert.equal(isDownloaded(wanted), false, 'cut short');
    await downloadImageNetWeights(wanted);
    assert.equal(isDownloaded(wanted), true);
  });

  it('are those whose digest is known, where one is', async () => {
    const wanted = imageNetFile({ width: 1, size: 224 }, cache());
    // Weights of another network, with the name, the place and the checksum of those.
    await assert.rejects(downloadImageNetWeights(wanted, { pauseMs: 1 }), {
      code: 'download-failed',
      message: /what arrived is not the file that Keras published/,
    });
    assert.deepEqual(fs.readdirSync(path.dirname(wanted.path)), [`${wanted.name}.part.json`]);
    // Laid there by somebody, with a note that says that they are right.
    fs.writeFileSync(wanted.path, weights);
    const sha256 = createHash('sha256').update(weights).digest('hex');
    fs.writeFileSync(`${wanted.path}.json`, JSON.stringify({ sha256 }));
    assert.equal(isDownloaded(wanted), false);
  });

  it('are not taken from a page that wants a login', async () => {
    const page: Answer = (_, response) => void response.writeHead(200).end('<html>Please log in</html>');
    answers = Array<Answer>(4).fill(page);
    const wanted = imageNetFile({ width: 1, size: 128 }, cache());
    await assert.rejects(downloadImageNetWeights(wanted, { pauseMs: 1 }), {
      message: /what arrived is not an HDF5 file/,
    });
    assert.ok(!fs.existsSync(wanted.path));
  });
});
