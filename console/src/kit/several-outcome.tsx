import { Note } from './note.js';
import type { SeveralDone } from './several.js';

/** What was done, as a sentence. @param isRefused whether what it was done to is refused from now on */
export function sentenceOf(
  { done, failed, at }: SeveralDone,
  { what, said, isRefused }: { what: string; said: string; isRefused: boolean },
): string {
  const since = isRefused && done.length > 0 ? `, refused since ${new Date(at).toLocaleTimeString()}` : '';
  const verb = done.length === 1 ? 'is' : 'are';
  return `${what} ${verb} ${said}${since}${failed.length === 0 ? '.' : `; ${failed.length} failed:`}`;
}

/** What was done, with what failed. */
export function SeveralOutcome({
  sentence,
  failed,
  onClose,
}: {
  sentence: string;
  failed: SeveralDone['failed'];
  onClose: () => void;
}) {
  return (
    <Note kind={failed.length === 0 ? 'ok' : 'error'} onClose={onClose}>
      <span>{sentence}</span>
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
