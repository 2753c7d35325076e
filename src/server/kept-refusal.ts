import type { KeptRefusal } from '../core/ports/activity.js';
import type { ObservedRefusal, RefusedCredential } from '../core/ports/observer.js';

/** The reason by which a refusal is counted: of what a peer can vary, the kind alone. */
export function reasonOf(refusal: ObservedRefusal): string {
  switch (refusal.by) {
    case 'proxy-protocol':
      return 'no good PROXY protocol header';
    case 'mqtt':
      return refusal.what === 'connection' ? kindOf(refusal.reason) : `${refusal.what} not allowed`;
    default:
      return kindOf(refusal.reason);
  }
}

function kindOf(reason: string): string {
  return reason.split(':', 1)[0]?.slice(0, 80) ?? '';
}

/** Makes the record of a refusal. */
export function keptRefusal(
  refusal: ObservedRefusal,
  explanation: RefusedCredential | undefined,
  { id, at }: Pick<KeptRefusal, 'id' | 'at'>,
): KeptRefusal {
  const none = { what: null, method: null, path: null, status: null };
  const { cause = null, client = null, credential = null, hint = null, holder } = explanation ?? {};
  const explained = { cause, client: holder ?? client, credential, hint };
  switch (refusal.by) {
    case 'http': {
      const { by, what, address, reason, method = null, path = null, status = null } = refusal;
      return { id, at, by, what, address, reason, ...explained, method, path, status };
    }
    case 'mqtt': {
      const { by, what, address = null, reason, holder: asking = null } = refusal;
      return { ...none, id, at, by, what, address, reason, ...explained, client: explained.client ?? asking };
    }
    case 'callback': {
      const { by, address, reason, path } = refusal;
      return { ...none, id, at, by, address, reason, ...explained, path };
    }
    case 'proxy-protocol': {
      const { by, from: address, because: reason } = refusal;
      return { ...none, id, at, by, what: 'connection', address, reason, ...explained };
    }
  }
}
