// The weight over time, drawn.
import { formatWeight, span, utcClock } from '../domain/figures.ts'
import { course } from '../domain/weights.ts'
import { picture, size } from './picture.ts'
import type { Release } from './release.ts'

export function WeightPicture({ release, now }: { readonly release: Release; readonly now: number }) {
  const drawn = picture(release, now)
  if (!drawn) return <p>The canary has had no traffic.</p>
  const { width, height } = size
  return (
    <figure>
      <div class="axes">
        <div class="axis-y" aria-hidden="true">
          <span>{formatWeight(drawn.top)}</span>
          <span>{formatWeight(drawn.top / 2)}</span>
          <span>{formatWeight(0)}</span>
        </div>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={drawn.words}
        >
          {[0, 0.25, 0.5, 0.75, 1].map((part) => (
            <path key={part} class="grid" d={`M0 ${part * height}H${width}`} />
          ))}
          <path class="area" d={drawn.area} />
          <path class="line" d={drawn.line} />
        </svg>
        <div class="axis-x" aria-hidden="true">
          <span>{utcClock(drawn.from)}</span>
          <span>{span(drawn.to - drawn.from)}</span>
          <span>{utcClock(drawn.to)} UTC</span>
        </div>
      </div>
      <figcaption>{course(release)}</figcaption>
    </figure>
  )
}
