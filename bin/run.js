#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`keywright: this is Node ${process.versions.node}; Node 20.19 or later is needed\n`);
  process.exit(1);
}
const { keepCompiled, load, root } = require('./load.js');

const argv = process.argv.slice(2);
const { main } = load(argv);
let isDone = false;
// Nothing is left to do, and the command waits for something: that is no success.
process.once('beforeExit', () => {
  if (!isDone) process.exitCode = 13;
});
process.once('exit', (exitCode) => keepCompiled(exitCode));
main(root, argv).then(() => {
  isDone = true;
});
