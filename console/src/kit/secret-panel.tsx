import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { CopyButton } from './copy-button.js';
import { download } from './download.js';
import { useHold } from './hold.js';
import type { Entry } from './zip.js';

/** A text that is shown this once. */
export interface Secret {
  /** "API key" */
  readonly name: string;
  readonly text: string;
  /** The name of the file that it is saved as. */
  readonly file?: string;
  /** False for what may be known to anybody, as a certificate. */
  readonly secret?: boolean;
}

/**
 * Shows what was made, once. Nothing but “I have saved it” ends it, and that only after something was copied or downloaded. The secrets are in this
 * component's parameters alone: when it goes, they are gone from the page.
 */
export function SecretPanel({
  title,
  secrets,
  archive,
  onSaved,
  children,
}: {
  title: string;
  secrets: readonly Secret[];
  /** All files in one. */
  archive?: { readonly name: string; readonly entries: readonly Entry[] };
  onSaved: () => void;
  /** What stands below: the commands that use it, for one. They may show it, too. */
  children?: (saved: () => void) => ComponentChildren;
}) {
  const release = useHold();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const [saved, setSaved] = useState(false);
  const save = () => setSaved(true);
  return (
    <section class="secret" aria-labelledby="secret-title">
      <h2 id="secret-title" tabIndex={-1} ref={heading}>
        {title}
      </h2>
      <p>
        <strong>This is the only time it is shown.</strong> Keywright keeps no copy: what is not saved now is
        lost.
      </p>
      {archive && (
        <p>
          <button
            type="button"
            class="primary"
            onClick={() => {
              download(archive.name, archive.entries);
              save();
            }}
          >
            Download .zip
          </button>{' '}
          <span class="muted mono">{archive.name}</span>
        </p>
      )}
      {secrets.map((each) => (
        <SecretField key={each.name} {...each} onSaved={save} />
      ))}
      {children?.(save)}
      <footer>
        <button type="button" class="primary" data-hold disabled={!saved} onClick={() => release(onSaved)}>
          I have saved it
        </button>
        {!saved && <span class="muted">Copy or download it first.</span>}
      </footer>
    </section>
  );
}

function SecretField({ name, text, file, secret = true, onSaved }: Secret & { onSaved: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const labelId = useId();
  const lines = text.trimEnd().split('\n');
  const rows = Math.min(lines.length === 1 ? Math.ceil(text.length / 80) : lines.length, 6);
  return (
    <div class="secret-field">
      <span class="label" id={labelId}>
        {name} {file && <span class="muted mono">{file}</span>}
      </span>
      <div class="row">
        <textarea
          ref={field}
          class="mono"
          readOnly
          rows={rows}
          spellcheck={false}
          aria-labelledby={labelId}
          value={text}
          onFocus={({ currentTarget }) => currentTarget.select()}
          onCopy={secret ? onSaved : undefined}
        />
        <div class="buttons">
          <CopyButton
            text={text}
            what={`the ${name}`}
            field={() => field.current}
            {...(secret && { onCopied: onSaved })}
          />
          {file && (
            <button
              type="button"
              aria-label={`Download: ${file}`}
              onClick={() => {
                download(file, text);
                if (secret) onSaved();
              }}
            >
              Download
            </button>
          )}
        </div>
      </div>
    </div>
  );
}
