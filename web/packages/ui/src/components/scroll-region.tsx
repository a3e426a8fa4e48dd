import type { CSSProperties, ReactNode, Ref } from "react"

interface Props {
  label: string
  /** Several with one label may be on a page: none is a landmark. */
  isRepeated?: boolean
  className?: string
  style?: CSSProperties
  ref?: Ref<HTMLElement>
  children: ReactNode
}

/** A region that scrolls on its own, focusable so that arrow keys can scroll it (WCAG 2.1.1). */
export function ScrollRegion({ label, isRepeated, className, style, ref, children }: Props) {
  const Region = isRepeated ? "div" : "section"
  return (
    <Region
      ref={ref as Ref<never>}
      role={isRepeated ? "group" : undefined}
      className={className}
      style={style}
      aria-label={label}
      tabIndex={0}
    >
      {children}
    </Region>
  )
}
