import { type ReactNode, useEffect, useRef } from "react"

type Figure = number | null | undefined

interface Props {
  /** The figure to watch for changes; null is ignored. */
  value: Figure
  children: ReactNode
}

const FADE_MS = 400
const calm =
  typeof matchMedia === "function" ? matchMedia("(prefers-reduced-motion: reduce)") : { matches: true }

/** Highlight a node briefly, coloured by the direction of the change. */
export function flash(host: HTMLElement | null, before: Figure, after: Figure): void {
  if (after == null || before == null || after === before || calm.matches) return
  const tone = after > before ? "--tt-gain-soft" : "--tt-loss-soft"
  host?.animate([{ backgroundColor: `var(${tone})` }, { backgroundColor: "transparent" }], FADE_MS)
}

/** Highlights a figure for 400 ms when it changes, coloured by direction. */
export function Flash({ value, children }: Props) {
  const host = useRef<HTMLSpanElement>(null)
  const before = useRef(value)
  useEffect(() => {
    flash(host.current, before.current, value)
    before.current = value
  }, [value])
  return (
    <span ref={host} style={{ borderRadius: 3, padding: "1px 3px", margin: "-1px -3px" }}>
      {children}
    </span>
  )
}
