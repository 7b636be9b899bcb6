// A trainer that behaves as FAKE_TRAINER says: stands in for the real one in the tests of its client.
const mode = process.env.FAKE_TRAINER;
/** V8 says what it ends of. */
function fillHeap() {
  const kept = [];
  for (;;) kept.push(Array.from({ length: 1000 }, Math.random));
}
/** As of a package for another system. */
function loadLibrary() {
  const file = require('node:path').join(require('node:os').tmpdir(), `face-${process.pid}.node`);
  require('node:fs').writeFileSync(file, 'no library');
  process.once('exit', () => require('node:fs').rmSync(file));
  require(file);
}
function takeMemory() {
  const kept = [];
  for (;;) kept.push(Buffer.alloc(1e6, 1));
}
const say = (message, then) => process.send(message, then);
if (mode === 'silent') setInterval(() => undefined, 1000);
else if (mode === 'dies-at-once') process.exit(3);
else {
  process.on('message', (command) => {
    if (command.type === 'stop') {
      if (mode !== 'deaf')
        say({ type: 'finished', reason: 'stopped', epochs: 0, steps: 1, elapsedSeconds: 1 }, () => process.exit(0));
      return;
    }
    if (command.runFolder) {
      // What a fine-tuning trains with comes from its checkpoint.
      const options = command.options ?? { dataset: '/d' };
      say({ type: 'run', runFolder: command.runFolder, startedAt: 'now', pid: process.pid, options });
      require('node:fs').mkdirSync(command.runFolder, { recursive: true });
      require('node:fs').writeFileSync(`${command.runFolder}/metrics.ndjson`, '');
    }
    console.log('a line for the log');
    if (mode === 'segfault') process.kill(process.pid, 'SIGSEGV');
    if (mode === 'killed') process.kill(process.pid, 'SIGKILL');
    if (mode === 'trap') process.kill(process.pid, 'SIGTRAP');
    if (mode === 'aborts') process.abort();
    if (mode === 'exits') process.exit(7);
    if (mode === 'told') process.kill(process.pid, 'SIGTERM');
    if (mode === 'full') fillHeap();
    if (mode === 'refused') console.error("terminate called after throwing an instance of 'std::bad_alloc'");
    if (mode === 'refused') process.abort();
    if (mode === 'library') loadLibrary();
    if (mode === 'hungry') takeMemory();
    if (mode === 'unlogged')
      say(
        {
          type: 'failure',
          code: 'internal',
          message: 'It broke in a place that cannot log.',
          advice: 'Please report it.',
        },
        () => process.exit(1),
      );
    if (mode === 'babbles') say({ type: 'step', epoch: 'one' });
    if (mode === 'babbles') say({ type: 'warning', code: 'x', message: 'understood', advice: 'y' });
  });
  say({ type: 'hello', protocol: mode === 'old' ? 0 : 1, pid: process.pid, node: process.version });
}
