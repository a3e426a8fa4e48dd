import type { CSSProperties, ReactNode, Ref } from "react"

interface Props {
  label: string
  className?: string
  style?: CSSProperties
  ref?: Ref<HTMLElement>
  children: ReactNode
}

/** A region that scrolls on its own, focusable so that arrow keys can scroll it. */
export function ScrollRegion({ label, className, style, ref, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable regions must be reachable by keyboard (WCAG 2.1.1)
    <section ref={ref} className={className} style={style} aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}
