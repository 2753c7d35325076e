import { object, text, time } from './fields.js';
import type { Timestamp } from './time.js';

/** When and from which address an API key was used last. */
export interface LastUse {
  readonly at: Timestamp;
  readonly from: string;
}

/** The last uses of some API keys, by `<client-id>:<key-id>`. */
export type UseRecord = Readonly<Record<string, LastUse>>;

/** Reads a record as a keystore holds it. @throws KeywrightError `store-corrupt` that names the field */
export function parseUseRecord(value: unknown): UseRecord {
  const record = object(value, 'uses');
  return Object.fromEntries(
    Object.entries(record).map(([key, each]) => {
      const use = object(each, key);
      return [key, { at: time(use, 'at'), from: text(use, 'from') }];
    }),
  );
}
