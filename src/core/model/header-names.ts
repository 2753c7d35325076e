/** The headers in which callers present a credential. Settings may add others. */
export const CREDENTIAL_HEADERS = [
  'Authorization',
  'X-API-Key',
  'X-Device-API-Key',
  'X-Machhub-Api-Key',
] as const;

/**
 * The headers that name the caller. All begin with `X-Auth-`. No other header with that beginning
 * reaches an upstream.
 */
export const IDENTITY_HEADERS = [
  'X-Auth-Subject',
  'X-Auth-Client-Id',
  'X-Auth-Scopes',
  'X-Auth-Key-Id',
  'X-Auth-Expires',
] as const;

export type IdentityHeader = (typeof IDENTITY_HEADERS)[number];
