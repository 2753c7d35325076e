/** Writes a number of things: "1 client", "2 clients". @param thing in the singular; its plural has an s */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
