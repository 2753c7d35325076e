import { useId, useState } from 'preact/hooks';
import { isGone } from '../../api/api-error.js';
import { call } from '../../api/call.js';
import type { ListedUser } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { ConfirmDialog } from '../../kit/confirm-dialog.js';
import { queries } from '../../session/me.js';
import { UserField } from '../clients/owner-field.js';
import { AboutUser } from './about-user.js';

/** Asks what becomes of the user's clients, and deletes the user. What takes clients along wants the user's name typed. */
export function DeleteUser({ user, onClose }: { user: ListedUser; onClose: (said?: string) => void }) {
  const { id, clients } = user;
  const [fate, setFate] = useState<'give' | 'delete' | undefined>();
  const [heir, setHeir] = useState('');
  const counted = clients === 1 ? '1 client' : `${clients} clients`;
  const takesAlong = clients > 0 && fate === 'delete';
  const run = async () => {
    const query = {
      ...(takesAlong && { withClients: 'true' as const }),
      ...(clients > 0 && fate === 'give' && { giveTo: heir }),
    };
    try {
      await call('delete', '/api/v1/users/{id}', { id, query });
    } catch (error) {
      // Somebody else was quicker, unless it is the heir who is not there.
      if (!isGone(error) || query.giveTo !== undefined) throw error;
    }
    for (const queryKey of [['users'], ['clients'], ['sessions']])
      void queries.invalidateQueries({ queryKey });
    const fates = { give: `, and gave ${counted} to ${heir}`, delete: `, and ${counted} with it` };
    const said = `Deleted ${id}${clients > 0 && fate ? fates[fate] : ''}.`;
    announce(said);
    return said;
  };
  return (
    <ConfirmDialog
      title={`Delete ${id}?`}
      action={takesAlong ? `Delete the user and ${counted}` : 'Delete'}
      typed={takesAlong ? id : undefined}
      ready={clients === 0 || fate === 'delete' || (fate === 'give' && heir !== '')}
      run={run}
      onClose={(done) => onClose(done?.result)}
    >
      <AboutUser user={user} />
      {clients > 0 && <Fate counted={counted} fate={fate} setFate={setFate} heir={heir} setHeir={setHeir} />}
      <p>
        The user cannot sign in any more, and all sessions end, for ever. To keep somebody out for a while,
        disable them.
      </p>
    </ConfirmDialog>
  );
}

function Fate({
  counted,
  fate,
  setFate,
  heir,
  setHeir,
}: {
  counted: string;
  fate: 'give' | 'delete' | undefined;
  setFate: (fate: 'give' | 'delete') => void;
  heir: string;
  setHeir: (heir: string) => void;
}) {
  const name = useId();
  return (
    <fieldset>
      <legend>What becomes of {counted}?</legend>
      <label class="choice">
        <input type="radio" name={name} checked={fate === 'give'} onChange={() => setFate('give')} />
        <span>
          Hand them on to another user
          <span class="hint">They go on to work, as far as the other one has their scopes.</span>
        </span>
      </label>
      {fate === 'give' && <UserField label="The other user" value={heir} onChange={setHeir} />}
      <label class="choice">
        <input type="radio" name={name} checked={fate === 'delete'} onChange={() => setFate('delete')} />
        <span>
          Delete them, too
          <span class="hint">
            Their certificates, keys and tokens are refused from the next request on, for ever.
          </span>
        </span>
      </label>
    </fieldset>
  );
}
