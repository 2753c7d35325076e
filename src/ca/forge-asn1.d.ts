// The part of node-forge that is used, by its own path: loading all of it would cost each command 10 ms.
declare module 'node-forge/lib/asn1.js' {
  import type { asn1 } from 'node-forge';

  const module: typeof asn1;
  export default module;
}
