#!/usr/bin/env node
import { load, root } from './load.js';

await load().main(root, process.argv.slice(2));
