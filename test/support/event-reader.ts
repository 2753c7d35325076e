import { atEnd } from './at-end.js';
import { eventually, type Server } from './keywright.js';

interface Event {
  readonly name: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: events have data of every shape
  readonly data: any;
}

/** What a browser's EventSource would hear. */
export interface EventReader {
  readonly headers: Headers;
  readonly all: readonly Event[];
  readonly comments: () => number;
  readonly isEnded: () => boolean;
  /** The next event of that name that was not asked for yet. */
  next(name: string): Promise<Event>;
  close(): void;
}

/** Reads the stream of events, as WHATWG HTML section 9.2.6 says. It ends with the test. */
export async function readEvents(
  { http }: Server,
  headers: Record<string, string>,
  query = '',
): Promise<EventReader> {
  const stop = new AbortController();
  atEnd(() => stop.abort());
  const response = await fetch(`${http}/api/v1/events${query}`, { headers, signal: stop.signal });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const all: Event[] = [];
  const unread: Event[] = [];
  let [comments, isEnded] = [0, false];
  const take = (block: string) => {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const at = line.indexOf(':');
        return [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')];
      }),
    );
    if (fields.has('')) comments += 1;
    const [name, data] = [fields.get('event'), fields.get('data')];
    if (name === undefined || data === undefined) return;
    const event = { name, id: fields.get('id'), data: JSON.parse(data) };
    all.push(event);
    unread.push(event);
  };
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) take(block);
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => {
      isEnded = true;
    });
  return {
    ...{ headers: response.headers, all, comments: () => comments, isEnded: () => isEnded },
    async next(name) {
      const index = () => unread.findIndex((event) => event.name === name);
      const what = `the event ${name} (${isEnded ? 'ended' : 'open'})`;
      await eventually(() => index() >= 0, { withinMs: 3_000, what });
      const [event] = unread.splice(index(), 1);
      if (event === undefined) throw new Error(what);
      return event;
    },
    close: () => stop.abort(),
  };
}
