// scripts/build.js writes it. There is none where the sources run as they are.
declare const KEYWRIGHT_BUILD: string | undefined;

/** The version of this program, and a hash of what it was built from. */
export const BUILD: string = typeof KEYWRIGHT_BUILD === 'undefined' ? 'development' : KEYWRIGHT_BUILD;

/** The version of this program alone. */
export const VERSION: string = BUILD.split('+', 1)[0] ?? BUILD;
