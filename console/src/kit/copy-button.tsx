import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from './announce.js';

type Outcome = 'idle' | 'copied' | 'by-hand';

/** Copies a text, and says so only when it happened. Where the browser does not let it, the text is selected, ready for Ctrl+C. */
export function CopyButton({
  text,
  what,
  label = 'Copy',
  field,
  onCopied,
}: {
  text: string;
  /** What is copied, for those who hear the button: "the API key". */
  what: string;
  label?: string;
  /** The readonly field that shows the text. */
  field?: () => HTMLInputElement | HTMLTextAreaElement | null;
  onCopied?: () => void;
}) {
  const [outcome, setOutcome] = useState<Outcome>('idle');
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (outcome !== 'copied') return undefined;
    const timer = setTimeout(() => setOutcome('idle'), 4000);
    return () => clearTimeout(timer);
  }, [outcome]);

  const done = () => {
    setOutcome('copied');
    announce(`Copied ${what}`);
    onCopied?.();
  };
  const copy = async () => {
    if (await copiedByClipboard(text)) return done();
    const shown = field?.() ?? null;
    if (copiedByCommand(text, shown)) {
      button.current?.focus();
      return done();
    }
    setOutcome('by-hand');
    announce(`Not copied: press Ctrl+C to copy ${what}`);
    shown?.focus();
    shown?.select();
    shown?.addEventListener('copy', done, { once: true });
    return undefined;
  };
  return (
    <button
      type="button"
      ref={button}
      class="copy"
      aria-label={`${label}: ${what}`}
      onClick={() => void copy()}
    >
      {outcome === 'copied' ? 'Copied' : outcome === 'by-hand' ? 'Press Ctrl+C' : label}
    </button>
  );
}

async function copiedByClipboard(text: string): Promise<boolean> {
  // On plain http away from this machine there is no clipboard.
  if (!window.isSecureContext || navigator.clipboard === undefined) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** The older way. It is told from a copy that failed by the event that comes of it. */
function copiedByCommand(text: string, shown: HTMLInputElement | HTMLTextAreaElement | null): boolean {
  shown?.focus();
  shown?.select();
  let copied = false;
  const write = (event: ClipboardEvent) => {
    if (event.clipboardData === null) return;
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
    copied = true;
  };
  document.addEventListener('copy', write, { once: true });
  try {
    return document.execCommand('copy') && copied;
  } catch {
    return false;
  } finally {
    document.removeEventListener('copy', write);
  }
}
