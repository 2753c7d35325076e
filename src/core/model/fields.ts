import { KeywrightError } from './errors.js';
import type { Timestamp } from './time.js';

/** A record from the key store with unchecked fields. */
export type Fields = Record<string, unknown>;

/** @throws KeywrightError `store-corrupt` that names the field, like all readers here */
export function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt(name);
  return value as Fields;
}

export function list(record: Fields, name: string): unknown[] {
  const value = record[name];
  if (!Array.isArray(value)) throw corrupt(name);
  return value;
}

export function text(record: Fields, name: string): string {
  const value = record[name];
  if (typeof value !== 'string') throw corrupt(name);
  return value;
}

export function texts(record: Fields, name: string): string[] {
  return list(record, name).map((each) => text({ [name]: each }, name));
}

export function time(record: Fields, name: string): Timestamp {
  return integer(record, name);
}

export function integer(record: Fields, name: string): number {
  const value = record[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw corrupt(name);
  return value;
}

/** Reads the revision; 0 in records from before there were revisions. */
export function revision(record: Fields): number {
  return record.revision === undefined ? 0 : integer(record, 'revision');
}

export function flag(record: Fields, name: string): boolean {
  const value = record[name];
  if (typeof value !== 'boolean') throw corrupt(name);
  return value;
}

export function optional<T>(
  read: (record: Fields, name: string) => T,
  record: Fields,
  name: string,
): T | null {
  return record[name] === null ? null : read(record, name);
}

/** Reads a field that older records do not have; undefined in those. */
export function added<T>(
  read: (record: Fields, name: string) => T,
  record: Fields,
  name: string,
): T | null | undefined {
  return record[name] === undefined ? undefined : optional(read, record, name);
}

export function oneOf<T extends string>(options: readonly T[], record: Fields, name: string): T {
  const value = options.find((option) => option === record[name]);
  if (value === undefined) throw corrupt(name);
  return value;
}

export function corrupt(field: string): KeywrightError {
  return new KeywrightError('store-corrupt', `"${field}" is missing or of the wrong type`);
}
