import { isGone } from '../../api/api-error.js';
import { call } from '../../api/call.js';
import type { Client } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { ConfirmDialog } from '../../kit/confirm-dialog.js';
import { doToAll, type SeveralDone } from '../../kit/several.js';
import { SeveralOutcome, sentenceOf } from '../../kit/several-outcome.js';
import { SeveralUsedNote } from '../../kit/used.js';
import { queries } from '../../session/me.js';
import { AboutClient } from './about-client.js';

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
        const result = await doToAll(
          clients.map(({ id }) => id),
          run,
        );
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
  return <SeveralOutcome sentence={saidOf(verb, outcome)} failed={outcome.failed} onClose={onClose} />;
}

function AboutSeveral({ clients }: { clients: readonly Client[] }) {
  const shown = clients.slice(0, 8);
  return (
    <>
      <SeveralUsedNote counted={`${clients.length} clients`} of={clients} />
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

function saidOf(verb: Verb, outcome: SeveralDone): string {
  const [id] = outcome.done;
  const what = outcome.done.length === 1 ? String(id) : `${outcome.done.length} clients`;
  return sentenceOf(outcome, { what, said: VERBS[verb].said, isRefused: verb !== 'resume' });
}
