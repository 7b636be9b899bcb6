// A trainer that keeps the order it is given and says what SCRIPT holds: stands in for the real one beside the program.
const fs = require('node:fs');
const { says = [], onStop, exits = 0 } = JSON.parse(process.env.SCRIPT);

const tell = ([first, ...rest], then) => (first ? process.send(first, () => tell(rest, then)) : then());
const end = () => process.exit(exits);

process.on('message', (command) => {
  if (command.type === 'stop') {
    // One that is deaf waits to be killed.
    if (onStop) tell(onStop, end);
    return;
  }
  fs.writeFileSync(process.env.ORDER, JSON.stringify(command));
  console.log('printed by the trainer');
  if (command.runFolder) fs.mkdirSync(command.runFolder, { recursive: true });
  tell(says, process.env.STAYS ? () => undefined : end);
});
process.send({ type: 'hello', protocol: 1, pid: process.pid, node: process.version });
