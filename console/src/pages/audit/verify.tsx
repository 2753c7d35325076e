import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { Answer } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { Failure, Note } from '../../kit/note.js';
import { useAction } from '../../kit/use-action.js';

type Check = Answer<'post', '/api/v1/audit/verification'>;

/** Has the server look at every line of the log: the button for it, and what it found. */
export function useVerify() {
  const [check, setCheck] = useState<Check>();
  const { start, pending, error } = useAction(() => call('post', '/api/v1/audit/verification'));
  const verify = async () => {
    setCheck(undefined);
    const done = await start();
    if (!done) return;
    setCheck(done.result);
    announce(saidOf(done.result));
  };
  return {
    button: (
      <button type="button" disabled={pending} onClick={() => void verify()}>
        {pending ? 'Verifying…' : 'Verify'}
      </button>
    ),
    outcome: (
      <>
        {error !== undefined && <Failure error={error} />}
        {check && (
          <Note kind={check.whole ? 'ok' : 'error'} onClose={() => setCheck(undefined)}>
            {saidOf(check)}
          </Note>
        )}
      </>
    ),
  };
}

function saidOf({ whole, lines, line, file, fault }: Check): string {
  const counted = lines === 1 ? '1 line' : `${lines.toLocaleString('en')} lines`;
  if (whole) return `The log is whole: of its ${counted} none was changed, removed or moved.`;
  const before = lines === 0 ? '' : ` The ${counted} before it ${lines === 1 ? 'is' : 'are'} as written.`;
  return `The log is not whole: line ${line ?? lines + 1} (${file ?? 'audit.log'}) ${fault ?? 'is wrong'}.${before}`;
}
