export { KeywrightError } from './core/model/errors.js';
export { openKeystore } from './library/keystore.js';
export type {
  AuditAction,
  AuditFilter,
  Client,
  ClientCredential,
  ClientQuery,
  ClientStatus,
  Credential,
  Keystore,
  KeystoreOptions,
  RefusalReason,
  RegisteredToken,
  RotatedToken,
  Token,
  TokenEdit,
  TokenQuery,
  TokenRequest,
  TokenStatus,
  Verification,
} from './library/types.js';
