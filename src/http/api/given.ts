/** Reads a field that may be left out. */
export function ifGiven<T, U>(field: T | undefined, read: (field: T) => U): U | undefined {
  return field === undefined ? undefined : read(field);
}
