#!/usr/bin/env node
// Builds what is in src/ and runs it.
import('../scripts/build.js').then(() => require('./run.js'));
