import { type ReactNode, useEffect, useRef } from "react"

type Figure = number | null | undefined

interface Props {
  /** What is watched; null is not a change worth showing. */
  value: Figure
  children: ReactNode
}

const FADE_MS = 400
const calm =
  typeof matchMedia === "function" ? matchMedia("(prefers-reduced-motion: reduce)") : { matches: true }

/** Light a node up for a moment, by the way its figure went. */
export function flash(host: HTMLElement | null, before: Figure, after: Figure): void {
  if (after == null || before == null || after === before || calm.matches) return
  const tone = after > before ? "--tt-gain-soft" : "--tt-loss-soft"
  host?.animate([{ backgroundColor: `var(${tone})` }, { backgroundColor: "transparent" }], FADE_MS)
}

/** Lights up for a moment when a figure changes: up or down by its colour, gone in 400 ms. */
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
