interface Props {
  values: number[]
  width?: number
  height?: number
  label: string
  /** The colour: gain or loss. By default from the last value compared with the first. */
  isGain?: boolean
}

/** Scale values to an SVG path of the given size; flat input gives a middle line. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return ""
  const low = Math.min(...values)
  const span = Math.max(...values) - low
  const x = (i: number) => ((i / (values.length - 1)) * width).toFixed(1)
  const y = (v: number) => (span === 0 ? height / 2 : height - ((v - low) / span) * height).toFixed(1)
  return values.map((v, i) => `${i === 0 ? "M" : "L"}${x(i)} ${y(v)}`).join("")
}

function rises(values: readonly number[]): boolean {
  return (values.at(-1) ?? 0) >= (values[0] ?? 0)
}

export function Sparkline({ values, width = 120, height = 32, label, isGain = rises(values) }: Props) {
  return (
    <svg
      viewBox={`0 -2 ${width} ${height + 4}`}
      width="100%"
      height={height + 4}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path
        d={sparkPath(values, width, height)}
        fill="none"
        stroke={isGain ? "var(--tt-gain)" : "var(--tt-loss)"}
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
