import { type ReactNode, useEffect, useRef } from "react"

interface Props {
  /** What is watched; null is not a change worth showing. */
  value: number | null | undefined
  children: ReactNode
}

const FADE_MS = 400
const calm =
  typeof matchMedia === "function" ? matchMedia("(prefers-reduced-motion: reduce)") : { matches: true }

/** Lights up for a moment when a figure changes: up or down by its colour, gone in 400 ms. */
export function Flash({ value, children }: Props) {
  const host = useRef<HTMLSpanElement>(null)
  const before = useRef(value)
  useEffect(() => {
    const last = before.current
    before.current = value
    if (value == null || last == null || value === last || calm.matches) return
    const tone = value > last ? "--tt-gain-soft" : "--tt-loss-soft"
    host.current?.animate([{ backgroundColor: `var(${tone})` }, { backgroundColor: "transparent" }], FADE_MS)
  }, [value])
  return (
    <span ref={host} style={{ borderRadius: 3, padding: "1px 3px", margin: "-1px -3px" }}>
      {children}
    </span>
  )
}
