import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { call } from '../api/call.js';
import { Failure } from './note.js';

/** A further scope may be for a topic: one verb, a colon, and a filter. */
const OTHER = '[a-z0-9][a-z0-9_.\\-]*(:[!#-\\[\\]-~]{1,256})?';

/** The scopes that this user may grant, as check boxes with a line of meaning each, and others typed, as for topics. */
export function ScopesField({
  value,
  onChange,
  legend = 'Scopes',
}: {
  value: readonly string[];
  onChange: (scopes: string[]) => void;
  legend?: string;
}) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['scopes'],
    queryFn: () => call('get', '/api/v1/scopes'),
  });
  const [typed, setTyped] = useState('');
  const known = data ?? [];
  const others = value.filter((scope) => !known.some(({ name }) => name === scope));
  const add = (scope: string) => onChange([...value.filter((each) => each !== scope), scope]);
  const remove = (scope: string) => onChange(value.filter((each) => each !== scope));
  const isRight = new RegExp(`^(?:${OTHER})$`).test(typed);
  return (
    <fieldset class={`whole ${isPending ? 'loading' : ''}`}>
      <legend>{legend}</legend>
      {error && <Failure error={error} retry={refetch} />}
      <div class={`choices ${isPending ? 'loading' : ''}`}>
        {known.map(({ name, description }) => (
          <label key={name} class="choice">
            <input
              type="checkbox"
              checked={value.includes(name)}
              onChange={({ currentTarget }) => (currentTarget.checked ? add(name) : remove(name))}
            />
            <span>
              <bdi class="mono">{name}</bdi>
              <span class="hint">{description}</span>
            </span>
          </label>
        ))}
        {others.map((name) => (
          <label key={name} class="choice">
            <input type="checkbox" checked onChange={() => remove(name)} />
            <span>
              <bdi class="mono">{name}</bdi>
              <span class="hint">{meaningOf(name)}</span>
            </span>
          </label>
        ))}
      </div>
      <div class="row">
        <input
          aria-label="Another scope"
          placeholder="Another: publish:db/write/#"
          class="mono"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value.trim())}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || typed === '') return;
            event.preventDefault();
            if (!isRight) return;
            add(typed);
            setTyped('');
          }}
        />
        <button
          type="button"
          disabled={!isRight}
          onClick={() => {
            add(typed);
            setTyped('');
          }}
        >
          Add
        </button>
      </div>
      {typed !== '' && (
        <div class={isRight ? 'hint' : 'problem'} role="status">
          {isRight
            ? meaningOf(typed)
            : 'A scope looks like ingest, pipes:read, publish:db/write/# or subscribe:db/#.'}
        </div>
      )}
    </fieldset>
  );
}

function meaningOf(scope: string): string {
  const [verb, topic] = [scope.slice(0, scope.indexOf(':')), scope.slice(scope.indexOf(':') + 1)];
  if (verb === 'publish')
    return `may publish to ${topic}, and to no other topic unless another scope says so`;
  if (verb === 'subscribe')
    return `may subscribe to ${topic}, and to no other topic unless another scope says so`;
  return 'a scope of your own: what it opens, the rules of your paths say';
}
