// A trainer that stays and refuses whatever it is asked: stands in for the real one beside the program.
let asked = 0;
process.on('message', (message) => {
  if (message.type === 'stop') process.send({ type: 'rested', why: 'stopped', requests: asked }, () => process.exit(0));
  if (message.type !== 'request') return;
  asked++;
  const result = { kind: 'refused', code: 'recognizer-empty', message: 'Nobody is enrolled.', advice: 'Add somebody.' };
  process.send({ type: 'reply', id: message.id, result });
});
process.send({ type: 'hello', protocol: 1, pid: process.pid, node: process.version });
