import { CopyButton } from '../../kit/copy-button.js';

/** A SHA-256 fingerprint as openssl writes it, to be compared by eye. */
export function Fingerprint({ hex, of }: { hex: string; of: string }) {
  const text = (hex.match(/../g) ?? []).join(':').toUpperCase();
  return (
    <span class="fingerprint">
      <span class="mono small">{text}</span> <CopyButton text={text} what={`the fingerprint of ${of}`} />
    </span>
  );
}
