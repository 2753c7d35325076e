import { describe, expect, it } from 'vitest';
import { demandOf, parsePathRule } from '../../../src/core/verify/path-rules.js';

const RULES = [
  'GET|HEAD /api/pipes/** pipes:read',
  '* /api/pipes/** pipes:write',
  '* /api/clients/{client}/*',
  '* /api/clients/{client}/files/* files',
  'POST /login',
  'GET /secret admin',
].map(parsePathRule);

const demand = (method: string | undefined, path: string | undefined) => demandOf(RULES, { method, path });
const NOBODYS = { scopes: [], clientId: null };

describe('a rule', () => {
  it.each([
    ['GET', '/api/pipes', { scopes: ['pipes:read'] }],
    ['HEAD', '/api/pipes/', { scopes: ['pipes:read'] }],
    ['GET', '/api/pipes/a/b?x=%2f..', { scopes: ['pipes:read'] }],
    ['POST', '/api/pipes/a', { scopes: ['pipes:write'] }],
    ['get', '/api/pipes/a', { scopes: ['pipes:write'] }],
    ['GET', '/API/Pipes/a', { scopes: ['pipes:read'] }],
    ['GET', '/api/p%69pes/a', { scopes: ['pipes:read'] }],
    ['GET', '/api/pipesx', undefined],
    ['GET', '/files/.well-known/a.b/caf%c3%a9/cafe%cc%81/%e4%b8%ad/a%20b/a+b/~x/a:b/x%40y', undefined],
    ['GET', '/', undefined],
    ['GET', '/api/clients/App-1/state', { scopes: [], clientId: 'app-1' }],
    ['GET', '/api/clients/app/files/7', { scopes: ['files'], clientId: 'app' }],
    ['GET', '/api/clients/not%20an%20id/state', NOBODYS],
    ['POST', '/login', undefined],
    ['HEAD', '/secret', { scopes: ['admin'] }],
    ['PUT', '/secret', undefined],
  ])('of %s %s demands', (method, path, expected) => {
    expect(demand(method, path)).toEqual(expected);
  });

  it.each([
    '/api/x/../pipes/a',
    '/api/./pipes/a',
    '/api//pipes/a',
    '/api/%2e%2e/pipes',
    '/api%2fpipes',
    '/api/pipes%5ca',
    '/api/pipes;x=1/a',
    '/api/%70%zz',
    '/api/%2570ipes',
    '/api/pipes%00',
    '/api\\pipes',
    'api/pipes',
    '/api/pipes#a',
    ...[
      '/api/pipes%23x',
      '/api/pipes%3fx',
      '/api/pipes%3bx',
      '/api/pipes%20/a',
      '/api/%20pipes/a',
      '/api/pipes%c2%a0/a',
    ],
    ...[
      '/api/pipes./a',
      '/api/pipes.../a',
      '/api/pipes.',
      '/api/.../pipes',
      '/api/pipes::$DATA',
      '/api/pipes%e2%80%8b',
    ],
    ...[
      '/api/%ef%bd%90ipes',
      '/api/p%ef%bd%89pes',
      '/api%ef%bc%8fpipes',
      '/api/%e2%80%a5/pipes',
      '/api/%E2%84%AAeys',
    ],
    ...['/api/pipes\xe4', '/api/ pipes', '/api/pipes%09', '/api/pipes%ff'],
  ])('lets nobody have %s, which servers read in different ways', (path) => {
    expect(demand('GET', path)).toEqual(NOBODYS);
  });

  it('lets nobody have what is in doubt: two paths, or no method where rules tell them apart', () => {
    expect(demand('GET', undefined)).toEqual(NOBODYS);
    expect(demand(undefined, '/api/pipes/a')).toEqual(NOBODYS);
    expect(demand(undefined, '/else')).toBeUndefined();
  });

  it.each([
    'GET',
    'GET api',
    'get /api',
    'GET /a/**/b x',
    'GET /api a b',
    '/api',
    'GET /a b/c',
    'GET /a?b x',
    '',
  ])('is not %j', (text) => {
    expect(() => parsePathRule(text)).toThrow('is not allowed');
  });
});

describe('without rules', () => {
  it.each([
    ['/api/v1/device/App/state', { scopes: [], clientId: 'app' }],
    ['/api/v1/device/app', { scopes: [], clientId: 'app' }],
    ['/API/v1/dev%69ce/app/x', { scopes: [], clientId: 'app' }],
    ['/api/v1//device/app/x', NOBODYS],
    ['/x/../api/v1/%64evice/app/x', NOBODYS],
    ['/api/v1/%2564evice/app/x', NOBODYS],
    ['/api/v1/devices', undefined],
    ['/any//thing/%zz', undefined],
    ['/', undefined],
  ])('a device has its own path: %s', (path, expected) => {
    expect(demandOf([], { method: 'GET', path })).toEqual(expected);
  });
});
