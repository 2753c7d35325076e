#!/usr/bin/env node
import { load, root } from './load.js';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`keywright: this is Node ${process.versions.node}; Node 20.19 or later is needed\n`);
  process.exit(1);
}
const argv = process.argv.slice(2);
const { main, keepCompiled } = load();
process.once('exit', (exitCode) => keepCompiled(argv, exitCode));
await main(root, argv);
