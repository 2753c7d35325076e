import { type Entry, zip } from './zip.js';

/** Saves a text, or files in one archive, as a file. It is made in the page: no address ever holds a secret. */
export function download(name: string, content: string | readonly Entry[]): void {
  const isText = typeof content === 'string';
  const blob = isText
    ? new Blob([content], { type: 'application/octet-stream' })
    : new Blob([zip(content)], { type: 'application/zip' });
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken the content over by then; the address dies with it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
