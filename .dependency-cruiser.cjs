// Who may import whom: docs/architecture.md says why.
const rooms = {
  core: ['core'],
  disk: ['disk', 'core'],
  audit: ['audit', 'core', 'disk'],
  ca: ['ca', 'core', 'disk'],
  store: ['store', 'core', 'disk'],
  jwt: ['jwt', 'core'],
  password: ['password', 'core'],
  limits: ['limits', 'core'],
  network: ['network', 'core'],
  settings: ['settings', 'core/model', 'core/verify/path-rules.ts', 'disk', 'network'],
  home: ['home', 'settings', 'core', 'disk', 'audit', 'ca', 'store', 'jwt', 'password'],
  http: ['http', 'core', 'network'],
  mqtt: ['mqtt', 'core', 'network'],
  server: ['server', 'home', 'settings', 'http', 'mqtt', 'core', 'network', 'limits'],
  integrate: ['integrate', 'core'],
  bulk: ['bulk', 'core', 'disk', 'ca'],
  cli: ['cli', 'bulk', 'home', 'settings', 'integrate', 'core', 'disk', 'network'],
  commands: ['commands', 'cli', 'server', 'home', 'settings', 'integrate', 'core', 'disk'],
  library: ['library', 'home', 'core', 'settings'],
  'index.ts': ['library', 'core'],
  'main.ts': ['commands', 'cli'],
};

// What decides and what manages do not know each other.
const coreFloors = {
  model: ['model'],
  ports: ['ports', 'model'],
  verify: ['verify', 'ports', 'model'],
  manage: ['manage', 'ports', 'model'],
};

// What is read and what is said; then who is calling; then what is answered.
const read = ['requests', 'responses', 'services.ts'];
const known = [...read, 'admission.ts', 'report-refusal.ts', 'api'];
const httpFloors = {
  requests: ['requests'],
  responses: ['responses'],
  'services.ts': ['requests'],
  'admission.ts': read,
  'report-refusal.ts': read,
  api: known,
  verifier: ['verifier', ...read, 'admission.ts', 'report-refusal.ts'],
  routes: ['routes', ...known],
  oauth: ['oauth', ...known],
  dialects: ['dialects', ...known],
  callbacks: ['callbacks', ...read],
  console: ['console', ...read],
  'routes.ts': ['routes', 'oauth', 'dialects', 'callbacks', ...known],
};

// What packets look like, who gets in, and what is behind the gate; the engine and the relay do not know each other.
const mqttFloors = {
  packets: ['packets'],
  gate: ['gate', 'packets'],
  engine: ['engine', 'gate', 'packets'],
  relay: ['relay', 'gate', 'packets'],
};

const entry = (name) => `${name.replaceAll('.', '\\.')}${name.endsWith('.ts') ? '$' : '/'}`;

function arrows(base, floors) {
  return Object.entries(floors).map(([from, allowed]) => ({
    name: `${base}${from}-imports-only-${allowed.join('-')}`,
    severity: 'error',
    from: { path: `^src/${base}${entry(from)}` },
    to: { path: `^src/${base}`, pathNot: allowed.map((name) => `^src/${base}${entry(name)}`) },
  }));
}

module.exports = {
  forbidden: [
    ...arrows('', rooms),
    ...arrows('core/', coreFloors),
    ...arrows('http/', httpFloors),
    // Beside the folders of mqtt/ lies what any of them may use.
    ...arrows('mqtt/', mqttFloors).map((rule) => ({ ...rule, to: { ...rule.to, path: '^src/mqtt/[^/]+/' } })),
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
      from: { pathNot: '^src/ca/der\\.ts$' },
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
