// The program of the threads that make bundles, which ends over some clients: `dies…` always, `shy…` only beside others.
const { join } = require('node:path');
const { parentPort } = require('node:worker_threads');

parentPort.on('message', ({ clients = [] }) => {
  const dies = ({ clientId }) =>
    clientId.startsWith('dies') || (clientId.startsWith('shy') && clients.length > 1);
  if (clients.some(dies)) process.exit(1);
});
require(join(__dirname, '../../dist/bulk-worker.cjs'));
