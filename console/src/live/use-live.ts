import { useEffect } from 'preact/hooks';
import type { Me } from '../api/types.js';
import { followServer } from './stream.js';

/** Follows the server while somebody is signed in. */
export function useLive({ session: { id }, build }: Me): void {
  useEffect(() => followServer(build), [id, build]);
}
