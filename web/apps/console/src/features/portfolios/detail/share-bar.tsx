import type { ReactNode } from "react"

/** A figure on a bar of its share, 0 to 1. */
export function ShareBar({ share, children }: { share: number; children: ReactNode }) {
  const width = `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`
  const fill = `linear-gradient(to left, var(--tt-accent-soft) ${width}, transparent ${width})`
  return (
    <span style={{ display: "block", padding: "0 6px", borderRadius: 3, background: fill }}>{children}</span>
  )
}
