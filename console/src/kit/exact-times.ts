const tip = document.createElement('div');
tip.className = 'tip';
tip.popover = 'manual';

/** Shows the exact time of what the pointer or the focus is on, above dialogs too, and inside the window. Escape takes it away. */
export function showExactTimes(): void {
  document.body.append(tip);
  for (const event of ['pointerover', 'focusin'])
    addEventListener(event, ({ target }) => show(timeAt(target)));
  for (const event of ['scroll', 'pointerdown']) addEventListener(event, () => show(undefined), true);
  addEventListener('focusout', () => show(undefined));
  addEventListener('keydown', ({ key }) => key === 'Escape' && show(undefined));
}

function show(time: HTMLElement | undefined): void {
  if (time === undefined) {
    if (tip.matches(':popover-open')) tip.hidePopover();
    return;
  }
  tip.textContent = time.dataset.exact ?? '';
  tip.showPopover();
  const { top, bottom, left } = time.getBoundingClientRect();
  const { offsetHeight, offsetWidth, style } = tip;
  style.top = `${top > offsetHeight + 8 ? top - offsetHeight - 4 : bottom + 4}px`;
  style.left = `${Math.max(4, Math.min(left, innerWidth - offsetWidth - 4))}px`;
}

function timeAt(target: EventTarget | null): HTMLElement | undefined {
  return (target instanceof Element && target.closest<HTMLElement>('[data-exact]')) || undefined;
}
