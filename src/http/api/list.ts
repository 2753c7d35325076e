import { type Static, type TSchema, Type } from '@sinclair/typebox';
import type { ListRequest, Page, Reading } from '../../core/manage/lists.js';
import type { Management } from '../../core/manage/management.js';
import { managed, type Route, type Shown } from './route.js';
import { DEFAULT_LIMIT, Fields, given, Limit } from './schemas.js';

const FILTERS = {
  owner: given(64),
  label: Type.Optional(Type.String({ maxLength: 200, description: '`*` stands for any characters' })),
  state: Type.Optional(
    Type.Union(
      [Type.String({ maxLength: 200 }), Type.Array(Type.String({ maxLength: 40 }), { maxItems: 10 })],
      {
        description: 'one or more, repeated or with commas',
      },
    ),
  ),
  search: Type.Optional(
    Type.String({ maxLength: 200, description: 'a part of the id, label, owner or hint, in any case' }),
  ),
  sort: Type.Optional(Type.String({ maxLength: 40, description: '`-` in front for the other way round' })),
  expiringWithin: Type.Optional(Type.String({ maxLength: 16, examples: ['24h', '30d'] })),
};

interface List<T, Item extends TSchema> {
  readonly route: `GET /${string}`;
  readonly action: string;
  readonly summary: string;
  readonly tag?: 'management' | 'provisioning';
  readonly filters: readonly (keyof typeof FILTERS)[];
  readonly item: Item;
  read(management: Management, request: ListRequest, reading: Reading): Promise<Page<T>>;
  view(
    items: readonly T[],
    management: Management,
  ): readonly Shown<Static<Item>>[] | Promise<readonly Shown<Static<Item>>[]>;
}

/** Makes an entry for a list. It answers with a page, and names the next one in a `Link` header (RFC 8288). */
export function listed<T, Item extends TSchema>({
  filters,
  item,
  read,
  view,
  ...described
}: List<T, Item>): Route {
  const query = Fields({
    limit: Limit,
    after: Type.Optional(
      Type.String({ maxLength: 200, description: 'what the page before names in its `Link`' }),
    ),
    ...Object.fromEntries(filters.map((name) => [name, FILTERS[name]])),
  });
  return managed({
    ...described,
    query,
    response: Type.Array(item),
    async run(management, { query: asked, request, answerHeaders }) {
      const plain = Object.fromEntries(
        Object.entries(asked).map(([name, value]) => [name, [value].flat().join(',')]),
      );
      const reading = { isCounted: true };
      const { items, next, total } = await read(management, { limit: DEFAULT_LIMIT, ...plain }, reading);
      if (next !== undefined) answerHeaders.link = linkTo(request.url ?? '', { ...plain, after: next });
      if (total !== undefined) answerHeaders['x-total-count'] = `${total}`;
      return view(items, management);
    },
  });
}

/** Makes the `Link` header that names the next page. */
export function linkTo(url: string, query: Readonly<Record<string, string>>): string {
  const [path = ''] = url.split('?', 1);
  return `<${path}?${new URLSearchParams(query)}>; rel="next"`;
}
