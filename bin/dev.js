#!/usr/bin/env node
// Builds what is in src/ and runs it.
await import('../scripts/build.js');
await import('./run.js');
