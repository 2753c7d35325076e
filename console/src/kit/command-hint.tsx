import { CopyButton } from './copy-button.js';

/** The command that does the same as the page, folded away. */
export function CommandHint({ commands }: { commands: string | readonly string[] }) {
  const lines = typeof commands === 'string' ? [commands] : commands;
  return (
    <details class="command-hint">
      <summary>The same on the command line</summary>
      {lines.map((line) => (
        <Code key={line} text={line} what="the command" />
      ))}
    </details>
  );
}

/** Lines of code, with a button that copies them. */
export function Code({ text, what, onCopied }: { text: string; what: string; onCopied?: () => void }) {
  return (
    <div class="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line is scrolled by the keyboard */}
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} what={what} {...(onCopied && { onCopied })} />
    </div>
  );
}
