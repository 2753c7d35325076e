import { expect, it } from 'vitest';
import { addressee } from '../../../src/http/requests/addressee.js';
import { OwnPaths } from '../../../src/http/requests/own-paths.js';

function ownPaths(): OwnPaths {
  const own = new OwnPaths();
  own.add(['GET', 'HEAD'], '/openapi.json');
  own.add(['POST'], '/auth/login');
  own.add(['GET'], '/clients');
  own.add(['POST'], '/clients');
  own.add(['PATCH'], '/clients/:id');
  own.add(['PUT'], '/clients/:id/password');
  own.add(['GET'], '/callbacks/emqx/*');
  own.add(['GET'], '/callbacks/*');
  return own;
}

it.each([
  ['GET', '/openapi.json', 'route'],
  ['HEAD', '/openapi.json?x', 'route'],
  ['POST', '/openapi.json', 'route'],
  ['GET', '/openapi.json/', 'any-path'],
  ['GET', '/auth/login', 'any-path'],
  // Below a route with a parameter nothing is the verifier's, whatever the method.
  ['GET', '/clients', 'route'],
  ['DELETE', '/clients', 'route'],
  ['PROPFIND', '/clients/a/b/c', 'route'],
  ['GET', '/clients/', 'route'],
  ['GET', '/clientsx', 'any-path'],
  ['GET', '/a/clients', 'any-path'],
  ['POST', '/callbacks/emqx/authn', 'route'],
  ['POST', '/callbacks/unknown', 'route'],
  ['POST', '/callbacks/', 'route'],
  ['GET', '/callbacks', 'any-path'],
  ['POST', '/callbacks', 'near'],
  ['POST', '/callbacksx', 'any-path'],
  ['GET', '/verify/clients', 'verify'],
  ['GET', '/verify/?scope=admin', 'nobody'],
  ['GET', '//%76erify?scope=admin', 'nobody'],
  ['GET', '/', 'any-path'],
  ['POST', '/', 'any-path'],
  ['PUT', '/auth/login', 'route'],
  ['OPTIONS', '/auth/login', 'route'],
  // Changes beside keywright's own paths are nobody's, and what reads there is the verifier's.
  ['POST', '/auth/logout', 'near'],
  ['GET', '/auth/logout', 'any-path'],
  ['OPTIONS', '/auth/logout', 'any-path'],
  ['POST', '/authx', 'any-path'],
  ['POST', '/auth', 'near'],
  // So are changes at other spellings.
  ...[
    ...['//auth/login', '/auth/login/', '/auth//login', '/Auth/Login', '/%61uth/login', '/%2561uth/login'],
    ...[
      '/auth/login;x=1',
      '/auth;x/login',
      '/auth\\login',
      '/auth%2flogin',
      '/./auth/login',
      '/x/../auth/login',
    ],
    ...[
      '/auth/login%20',
      '/auth/login#x',
      '/auth/login%3fx',
      '//clients/1',
      '/clients;x/1',
      '/x/%2e%2e/clients/1',
    ],
  ].flatMap((path): [string, string, string][] => [
    ['POST', path, 'nobody'],
    ['PROPPATCH', path, 'nobody'],
    ['GET', path, 'any-path'],
  ]),
])('%s %s is answered by %s', (method, target, expected) => {
  expect(addressee(method, target, ownPaths())).toBe(expected);
});

it('the order of the routes makes no difference', () => {
  const own = new OwnPaths();
  own.add(['GET'], '/callbacks/*');
  own.add(['PATCH'], '/clients/:id');
  own.add(['GET'], '/callbacks/emqx/*');
  own.add(['GET'], '/clients');
  for (const path of ['/callbacks/x', '/callbacks/emqx/y', '/clients', '/clients/z'])
    expect([path, own.has('DELETE', path)]).toEqual([path, true]);
});
