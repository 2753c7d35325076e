import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';

export interface Bar {
  /** Stacked from below: as many as there are series. */
  readonly values: readonly number[];
  /** What it says on hover, and to those who hear it. */
  readonly title: string;
  /** Where it leads. */
  readonly href?: string | undefined;
}

const WIDTH = 500;
const HEIGHT = 170;
/** Room for the texts below and at the left. */
const AXIS = 18;
const MARGIN = 30;
const compact = new Intl.NumberFormat('en', { notation: 'compact' });

/**
 * A chart of stacked bars, in SVG, coloured by style sheets. Bars that lead somewhere are links of which the keyboard reaches one, and by
 * arrows the others.
 */
export function Bars({
  bars,
  series,
  summary,
  ticks,
}: {
  bars: readonly Bar[];
  /** The class and the name of each value of a bar. */
  series: readonly (readonly [css: string, name: string])[];
  summary: string;
  /** What stands below, by the index of a bar. */
  ticks: readonly (readonly [index: number, text: string])[];
}) {
  const [, navigate] = useLocation();
  const [at, setAt] = useState(0);
  const links = bars.flatMap(({ href, values }, index) => (href && sum(values) > 0 ? [index] : []));
  const stop = links.includes(at) ? at : links[0];
  const top = niceTop(Math.max(1, ...bars.map(({ values }) => sum(values))));
  const step = (WIDTH - MARGIN) / Math.max(1, bars.length);
  const scale = (HEIGHT - AXIS - 8) / top;
  const floor = HEIGHT - AXIS;
  return (
    <figure class="bars">
      <figcaption>
        {series.map(([css, name]) => (
          <span key={name} class={`key ${css}`}>
            {name}
          </span>
        ))}
      </figcaption>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot stand in SVG */}
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label={summary} onKeyDown={move}>
        {[top, top / 2].map((value) => (
          <g key={value} class="grid">
            <path d={`M${MARGIN} ${floor - value * scale}H${WIDTH}`} />
            {Number.isInteger(value) && (
              <text x={MARGIN - 6} y={floor - value * scale + 4} text-anchor="end">
                {compact.format(value)}
              </text>
            )}
          </g>
        ))}
        <path class="floor" d={`M${MARGIN} ${floor}H${WIDTH}`} />
        {bars.map(({ values, title, href }, index) => {
          if (sum(values) === 0) return null;
          let at = floor;
          const shapes = values.map((value, which) => {
            const height = value === 0 ? 0 : Math.max(2, value * scale);
            at -= height;
            return (
              <rect
                key={series[which]?.[0]}
                class={series[which]?.[0]}
                x={MARGIN + index * step + step * 0.12}
                y={at}
                width={step * 0.76}
                height={height}
              />
            );
          });
          const wide = <rect class="hit" x={MARGIN + index * step} y={0} width={step} height={floor} />;
          if (href === undefined)
            return (
              <g key={title}>
                <title>{title}</title>
                {shapes}
                {wide}
              </g>
            );
          return (
            <a
              key={title}
              href={`/console${href}`}
              tabIndex={index === stop ? 0 : -1}
              onFocus={() => setAt(index)}
              aria-label={title}
              onClick={(event) => {
                event.preventDefault();
                navigate(href);
              }}
            >
              <title>{title}</title>
              {shapes}
              {wide}
            </a>
          );
        })}
        {ticks.map(([index, text]) => (
          <text
            key={text}
            x={MARGIN + index * step + step / 2}
            y={HEIGHT - 4}
            text-anchor={index === 0 ? 'start' : index > bars.length - 4 ? 'end' : 'middle'}
          >
            {text}
          </text>
        ))}
      </svg>
    </figure>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Goes to the bar beside the one that has the focus. */
function move(event: JSX.TargetedKeyboardEvent<SVGSVGElement>): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const now = links.find((link) => link === document.activeElement);
  links[now ? links.indexOf(now) + step : 0]?.focus();
  event.preventDefault();
}

/** The next 1, 2 or 5 times a power of ten. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}
