import { expect, it } from 'vitest';
import { addressee, OwnPaths } from '../../../src/http/requests/addressee.js';

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
  ['POST', '/openapi.json', 'any-path'],
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
  ['POST', '/callbacks', 'any-path'],
  ['POST', '/callbacksx', 'any-path'],
  ['GET', '/verify/clients', 'verify'],
  ['GET', '/verify/?scope=admin', 'nobody'],
  ['GET', '//%76erify?scope=admin', 'nobody'],
  ['GET', '/', 'any-path'],
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
