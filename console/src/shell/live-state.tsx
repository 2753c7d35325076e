import { serverAway } from '../api/server-away.js';
import { useStore } from '../kit/store.js';

/** Says when the server is away. */
export function LiveState() {
  const away = useStore(serverAway);
  return (
    <div class="live" role="status">
      {away && <span class="badge bad">The server does not answer</span>}
    </div>
  );
}
