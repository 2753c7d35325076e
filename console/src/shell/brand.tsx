/** The name, with its mark. */
export function Brand() {
  return (
    <div class="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="11" cy="16" r="4.5" />
        <path d="M15.5 16H26M22 16v4.5M26 16v3" />
      </svg>
      <span>keywright</span>
    </div>
  );
}
