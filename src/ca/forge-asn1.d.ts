// The part of node-forge that is used, by its own path: loading all of it would cost each command 10 ms.
declare module 'node-forge/lib/asn1.js' {
  import type { asn1 } from 'node-forge';

  // The types lack the options.
  const module: Omit<typeof asn1, 'fromDer'> & {
    fromDer(bytes: string, options?: { readonly decodeBitStrings: boolean }): asn1.Asn1;
  };
  export default module;
}
