import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { Answer } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { Failure, Note } from '../../kit/note.js';
import { useAction } from '../../kit/use-action.js';

type Check = Answer<'post', '/api/v1/audit/verification'>;

/** Has the server look at every line of the log, and says what it found. */
export function Verify() {
  const [check, setCheck] = useState<Check>();
  const { start, pending, error } = useAction(() => call('post', '/api/v1/audit/verification'));
  const verify = async () => {
    setCheck(undefined);
    const done = await start();
    if (!done) return;
    setCheck(done.result);
    announce(saidOf(done.result));
  };
  return (
    <div class="verify">
      <p class="muted">
        Each line of the log is chained to the one before it.{' '}
        <button type="button" class="small" disabled={pending} onClick={() => void verify()}>
          {pending ? 'Verifying…' : 'Verify'}
        </button>
      </p>
      {error !== undefined && <Failure error={error} />}
      {check && (
        <Note kind={check.whole ? 'ok' : 'error'} onClose={() => setCheck(undefined)}>
          {saidOf(check)}
        </Note>
      )}
    </div>
  );
}

function saidOf({ whole, lines, line, file, fault }: Check): string {
  if (whole)
    return `The log is whole: none of its ${lines.toLocaleString('en')} lines was changed, removed or moved.`;
  return `The log is not whole: line ${line ?? lines + 1} (${file ?? 'audit.log'}) ${fault ?? 'is wrong'}. The ${lines.toLocaleString('en')} lines before it are as they were written.`;
}
