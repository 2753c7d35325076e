import { isGone } from '../../api/api-error.js';
import { call } from '../../api/call.js';
import type { Client } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { serverNow } from '../../kit/clock.js';
import { ConfirmDialog } from '../../kit/confirm-dialog.js';
import { Note } from '../../kit/note.js';
import { queries } from '../../session/me.js';
import { AboutClient } from './about-client.js';
import { doToEach, type SeveralDone } from './several.js';

export type Verb = 'suspend' | 'resume' | 'delete';

interface Told {
  readonly title: string;
  readonly what: string;
  readonly said: string;
  readonly harmless: boolean;
  run(id: string): Promise<unknown>;
}

/** The verbs in words: what a question says, and what is said when it is done. */
const VERBS: Record<Verb, Told> = {
  suspend: {
    title: 'Suspend',
    what: 'All its credentials are refused from the next request on, and its connections are closed, until it is resumed.',
    said: 'suspended',
    harmless: true,
    run: (id) => call('post', '/api/v1/clients/{id}/suspend', { id }),
  },
  resume: {
    title: 'Resume',
    what: 'Its credentials hold again, each until its own end.',
    said: 'resumed',
    harmless: true,
    run: (id) => call('post', '/api/v1/clients/{id}/resume', { id }),
  },
  delete: {
    title: 'Delete',
    what: 'The client and all its credentials are refused from the next request on, for ever. To switch it off for a while, suspend it.',
    said: 'deleted',
    harmless: false,
    run: (id) =>
      call('delete', '/api/v1/clients/{id}', { id }).catch((error) => {
        // Somebody else was quicker.
        if (!isGone(error)) throw error;
      }),
  },
};
/** More than these, and their number has to be typed before they are deleted. */
const MANY = 5;

/** Asks about one client, or about several with one question that counts, does it, and says what came of it. */
export function ClientQuestion({
  verb,
  clients,
  onClose,
}: {
  verb: Verb;
  clients: readonly Client[];
  onClose: (outcome: SeveralDone | undefined) => void;
}) {
  const { title, what, harmless, run } = VERBS[verb];
  const [only] = clients;
  const one = clients.length === 1 ? only : undefined;
  const counted = `${clients.length} clients`;
  return (
    <ConfirmDialog
      title={one ? `${title} ${one.id}?` : `${title} ${counted}?`}
      action={one ? title : `${title} ${counted}`}
      harmless={harmless}
      typed={verb === 'delete' && clients.length > MANY ? String(clients.length) : undefined}
      run={async () => {
        if (one) await run(one.id);
        const ids = clients.map(({ id }) => id);
        const result = one ? { done: [one.id], failed: [] } : await doToEach(ids, run);
        announce(saidOf(verb, result));
        await queries.invalidateQueries({ queryKey: ['clients'] });
        return result;
      }}
      onClose={(done) => onClose(done?.result)}
    >
      {one ? <AboutClient client={one} /> : <AboutSeveral clients={clients} />}
      <p>{what}</p>
    </ConfirmDialog>
  );
}

/** What was done, with what failed. */
export function Outcome({
  verb,
  outcome,
  onClose,
}: {
  verb: Verb;
  outcome: SeveralDone;
  onClose: () => void;
}) {
  const { failed } = outcome;
  return (
    <Note kind={failed.length === 0 ? 'ok' : 'error'} onClose={onClose}>
      <span>{saidOf(verb, outcome)}</span>
      {failed.length > 0 && (
        <ul>
          {failed.map(({ id, why }) => (
            <li key={id}>
              <bdi class="mono">{id}</bdi>: {why}
            </li>
          ))}
        </ul>
      )}
    </Note>
  );
}

function AboutSeveral({ clients }: { clients: readonly Client[] }) {
  const today = serverNow() - 86_400_000;
  const used = clients.filter(({ lastUsedAt }) => lastUsedAt && Date.parse(lastUsedAt) > today).length;
  const shown = clients.slice(0, 8);
  return (
    <>
      <Note kind={used > 0 ? 'warn' : 'info'}>
        <span>
          {clients.length} clients, {used === 0 ? 'none' : used} used within a day.
        </span>
      </Note>
      <p>
        {shown.map(({ id }) => (
          <bdi key={id} class="tag">
            {id}
          </bdi>
        ))}
        {clients.length > shown.length && ` and ${clients.length - shown.length} more`}
      </p>
    </>
  );
}

function saidOf(verb: Verb, { done, failed }: SeveralDone): string {
  const { said } = VERBS[verb];
  const time = new Date(serverNow()).toLocaleTimeString();
  const [id] = done;
  const what = done.length === 1 ? `${id} is ${said}` : `${done.length} clients are ${said}`;
  const since = verb === 'resume' || done.length === 0 ? '' : `, refused since ${time}`;
  return failed.length === 0 ? `${what}${since}.` : `${what}${since}; ${failed.length} failed:`;
}
