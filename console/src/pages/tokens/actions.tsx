import { isGone } from '../../api/api-error.js';
import { call } from '../../api/call.js';
import type { ApiKey } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { ConfirmDialog } from '../../kit/confirm-dialog.js';
import { doToAll, type SeveralDone } from '../../kit/several.js';
import { SeveralOutcome, sentenceOf } from '../../kit/several-outcome.js';
import { SeveralUsedNote } from '../../kit/used.js';
import { queries } from '../../session/me.js';
import { AboutToken } from './about-token.js';

export type TokenVerb = 'suspend' | 'resume' | 'invalidate' | 'delete';

interface Told {
  readonly title: string;
  readonly what: string;
  readonly said: string;
  readonly harmless?: true;
  run(id: string): Promise<unknown>;
}

const VERBS: Record<TokenVerb, Told> = {
  suspend: {
    title: 'Suspend',
    what: 'It is refused from the next request on, and its connections are closed, until it is resumed.',
    said: 'suspended',
    harmless: true,
    run: (id) => call('post', '/api/v1/tokens/{id}/suspend', { id }),
  },
  resume: {
    title: 'Resume',
    what: 'It holds again, until its end.',
    said: 'resumed',
    harmless: true,
    run: (id) => call('post', '/api/v1/tokens/{id}/resume', { id }),
  },
  invalidate: {
    title: 'Invalidate',
    what: 'It is refused from the next request on, for ever. It stays in the list. To switch it off for a while, suspend it.',
    said: 'invalid',
    run: (id) => call('post', '/api/v1/tokens/{id}/invalidate', { id }),
  },
  delete: {
    title: 'Delete',
    what: 'It is refused from the next request on, for ever, and is gone from the list. To switch it off for a while, suspend it.',
    said: 'deleted',
    run: (id) =>
      call('delete', '/api/v1/tokens/{id}', { id }).catch((error) => {
        // Somebody else was quicker.
        if (!isGone(error)) throw error;
      }),
  },
};
/** More than these, and their number has to be typed before they are refused for ever. */
const MANY = 5;

/** Asks about one API key, or about several with one question that counts, does it, and says what came of it. */
export function TokenQuestion({
  verb,
  keys,
  onClose,
}: {
  verb: TokenVerb;
  keys: readonly ApiKey[];
  onClose: (outcome: SeveralDone | undefined) => void;
}) {
  const { title, what, harmless = false, run } = VERBS[verb];
  const one = keys.length === 1 ? keys[0] : undefined;
  const counted = `${keys.length} API keys`;
  return (
    <ConfirmDialog
      title={`${title} ${one ? nameOf(one) : counted}?`}
      action={one ? title : `${title} ${counted}`}
      harmless={harmless}
      typed={!harmless && keys.length > MANY ? String(keys.length) : undefined}
      run={async () => {
        const outcome = await doToAll(
          keys.map(({ id }) => id),
          run,
        );
        announce(saidOf(verb, outcome));
        for (const queryKey of [['tokens'], ['clients']]) void queries.invalidateQueries({ queryKey });
        return outcome;
      }}
      onClose={(done) => onClose(done?.result)}
    >
      {one ? <AboutToken apiKey={one} /> : <SeveralUsedNote counted={counted} of={keys} />}
      <p>{what}</p>
    </ConfirmDialog>
  );
}

/** What was done, with what failed. */
export function TokenOutcome({
  verb,
  outcome,
  onClose,
}: {
  verb: TokenVerb;
  outcome: SeveralDone;
  onClose: () => void;
}) {
  return <SeveralOutcome sentence={saidOf(verb, outcome)} failed={outcome.failed} onClose={onClose} />;
}

/** What people call a key: its label, or how it begins. */
export function nameOf({ label, hint }: ApiKey): string {
  return label ?? `${hint}`;
}

function saidOf(verb: TokenVerb, outcome: SeveralDone): string {
  const count = outcome.done.length;
  const what = count === 1 ? '1 API key' : `${count} API keys`;
  return sentenceOf(outcome, { what, said: VERBS[verb].said, isRefused: verb !== 'resume' });
}
