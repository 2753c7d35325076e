import type { LastUse } from '../api/types.js';
import { Note } from './note.js';
import { isUsedWithin } from './several.js';
import { Time } from './time.js';

/** Says when something was used last, before it is taken away. */
export function LastUseNote({ of }: { of: LastUse }) {
  const { lastUsedAt, lastUsedFrom } = of;
  return (
    <Note kind={isUsedWithin(7, of) ? 'warn' : 'info'}>
      <span>
        {lastUsedAt ? (
          <>
            Used <Time at={lastUsedAt} focusable />
            {lastUsedFrom && ` from ${lastUsedFrom}`}.
          </>
        ) : (
          'Never used, as far as is known.'
        )}
      </span>
    </Note>
  );
}

/** Says how many of several were used lately. @param counted `12 clients` */
export function SeveralUsedNote({ counted, of }: { counted: string; of: readonly LastUse[] }) {
  const used = of.filter((each) => isUsedWithin(1, each)).length;
  return (
    <Note kind={used > 0 ? 'warn' : 'info'}>
      <span>
        {counted}, {used === 0 ? 'none' : used} used within a day.
      </span>
    </Note>
  );
}
