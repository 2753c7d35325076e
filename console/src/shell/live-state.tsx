import { serverAway } from '../api/server-away.js';
import { useStore } from '../kit/store.js';
import { newerServer, streamState } from '../live/stream.js';

/** Says when the server is away, and when it is a newer one than the page. */
export function LiveState() {
  const away = useStore(serverAway);
  const stream = useStore(streamState);
  const newer = useStore(newerServer);
  return (
    <div class="live">
      {away || stream === 'away' ? (
        <span class="badge bad">Server away</span>
      ) : newer ? (
        <button type="button" class="small" onClick={() => location.reload()}>
          The server was upgraded: reload
        </button>
      ) : (
        <span class={`badge ${stream === 'on' ? 'good' : ''}`}>
          {stream === 'on' ? 'Live' : 'Connecting'}
        </span>
      )}
    </div>
  );
}
