import { Tabs } from "@mantine/core"
import { type ReactNode, useEffect, useRef } from "react"
import classes from "./tab-strip.module.css"

interface Tab {
  value: string
  label: ReactNode
}

interface Props {
  tabs: readonly Tab[]
  /** The chosen tab. */
  value: string
}

/** The tabs of a page in one line, which scrolls to the chosen one where there is no room for all. */
export function TabStrip({ tabs, value }: Props) {
  const strip = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab was chosen
  useEffect(() => {
    const list = strip.current
    const chosen = list?.querySelector<HTMLElement>('[aria-selected="true"]')
    if (!list || !chosen) return
    // Again when its size changes: the window is made narrower, or the font arrives.
    const observer = new ResizeObserver(() => {
      list.scrollLeft = chosen.offsetLeft - (list.clientWidth - chosen.offsetWidth) / 2
    })
    observer.observe(list)
    observer.observe(chosen)
    return () => observer.disconnect()
  }, [value])
  return (
    <Tabs.List ref={strip} mb="md" className={classes.strip}>
      {tabs.map((tab) => (
        <Tabs.Tab key={tab.value} value={tab.value}>
          {tab.label}
        </Tabs.Tab>
      ))}
    </Tabs.List>
  )
}
