import { makeStore } from './store.js';

/** What the page's live region reads out. */
export const announcement = makeStore('');

/** Has a screen reader say the text, politely; the same text twice is said twice. */
export function announce(text: string): void {
  announcement.set(announcement.get() === text ? `${text}\u00a0` : text);
}
