import { call } from '../../api/call.js';
import type { ListedUser } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { serverNow } from '../../kit/clock.js';
import { ConfirmDialog } from '../../kit/confirm-dialog.js';
import { queries } from '../../session/me.js';
import { AboutUser } from './about-user.js';

export type UserVerb = 'disable' | 'enable' | 'sign out';

interface Told {
  readonly title: (id: string) => string;
  readonly action: string;
  readonly what: string;
  readonly said: (id: string, time: string) => string;
  run(id: string): Promise<unknown>;
}

const switchUser = (id: string, disabled: boolean) =>
  call('patch', '/api/v1/users/{id}', { id, body: { disabled } });

/** The verbs in words: what a question says, and what is said when it is done. */
const VERBS: Record<UserVerb, Told> = {
  disable: {
    title: (id) => `Disable ${id}?`,
    action: 'Disable',
    what: 'The user cannot sign in, and all that is theirs is refused from the next request on, clients included, until the user is enabled.',
    said: (id, time) => `${id} is disabled, and refused since ${time}.`,
    run: (id) => switchUser(id, true),
  },
  enable: {
    title: (id) => `Enable ${id}?`,
    action: 'Enable',
    what: 'The user can sign in, and what is theirs holds again, each until its own end.',
    said: (id) => `${id} is enabled.`,
    run: (id) => switchUser(id, false),
  },
  'sign out': {
    title: (id) => `Sign ${id} out everywhere?`,
    action: 'Sign out everywhere',
    what: 'All sessions of the user end at once. The user can sign in again.',
    said: (id, time) => `${id} was signed out everywhere at ${time}.`,
    run: (owner) => call('delete', '/api/v1/sessions', { query: { owner } }),
  },
};

/** Asks about a user, does it, and tells what came of it. */
export function UserQuestion({
  verb,
  user,
  onClose,
}: {
  verb: UserVerb;
  user: ListedUser;
  onClose: (said?: string) => void;
}) {
  const { title, action, what, said, run } = VERBS[verb];
  const { id } = user;
  return (
    <ConfirmDialog
      title={title(id)}
      action={action}
      harmless
      run={async () => {
        await run(id);
        const text = said(id, new Date(serverNow()).toLocaleTimeString());
        announce(text);
        for (const queryKey of [['users'], ['clients'], ['sessions']])
          void queries.invalidateQueries({ queryKey });
        return text;
      }}
      onClose={(done) => onClose(done?.result)}
    >
      <AboutUser user={user} />
      <p>{what}</p>
    </ConfirmDialog>
  );
}
