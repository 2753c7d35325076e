// Who may import whom: docs/architecture.md says why.
const rooms = {
  core: ['core'],
  disk: ['disk', 'core'],
  audit: ['audit', 'core', 'disk'],
  ca: ['ca', 'core', 'disk'],
  store: ['store', 'core', 'disk'],
  network: ['network', 'core'],
  http: ['http', 'core', 'network'],
  mqtt: ['mqtt', 'core'],
  integrate: ['integrate', 'core'],
  cli: ['cli', 'integrate', 'core', 'disk'],
  commands: ['commands', 'cli', 'integrate', 'core', 'disk'],
};
const files = { cli: ['app', 'settings', 'callback-secret'], commands: ['app', 'settings', 'start-server'] };

const arrows = Object.entries(rooms).map(([room, allowed]) => ({
  name: `${room}-imports-only-${allowed.join('-')}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^src/',
    pathNot: [
      ...allowed.map((name) => `^src/${name}/`),
      ...(files[room] ?? []).map((name) => `^src/${name}\\.ts$`),
    ],
  },
}));

// Inside mqtt/: what packets look like, who gets in, and what is behind the gate; the engine and the relay do not know each other.
const mqttRooms = {
  packets: ['packets'],
  gate: ['gate', 'packets'],
  engine: ['engine', 'gate', 'packets'],
  relay: ['relay', 'gate', 'packets'],
};
const mqttArrows = Object.entries(mqttRooms).map(([room, allowed]) => ({
  name: `mqtt-${room}-imports-only-${allowed.join('-')}`,
  severity: 'error',
  from: { path: `^src/mqtt/${room}/` },
  to: { path: '^src/mqtt/[^/]+/', pathNot: allowed.map((name) => `^src/mqtt/${name}/`) },
}));

module.exports = {
  forbidden: [
    ...arrows,
    ...mqttArrows,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure',
      comment: 'core decides; it does not touch files, sockets or frameworks',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: ['^src/core/', '^(node:)?(crypto|util|zlib)$'] },
    },
    {
      name: 'one-file-builds-asn1',
      severity: 'error',
      from: { pathNot: '^src/ca/x509\\.ts$' },
      to: { path: 'node_modules/(@types/)?node-forge' },
    },
    {
      name: 'only-the-store-knows-lowdb',
      severity: 'error',
      from: { pathNot: '^src/store/file/' },
      to: { path: 'node_modules/lowdb' },
    },
    {
      name: 'nobody-imports-commands',
      severity: 'error',
      from: { pathNot: '^src/(commands/|main\\.ts$)' },
      to: { path: '^src/commands/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
