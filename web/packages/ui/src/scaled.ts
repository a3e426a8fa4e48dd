/** Scaled figures: an agent multiplied them by a secret factor, so that they are not rupees. */
import { useEffect, useSyncExternalStore } from "react"

let isOn = false
let holders = 0 // parts of the page that say so
let isAnnounced = false
const listeners = new Set<() => void>()

/** Whether amounts on this page are not rupees: they are written without the sign of the rupee. */
export const areScaled = (): boolean => isOn

export function setScaled(on: boolean): void {
  isOn = on
}

/** What was written before the page said so, or is written after it is left, is written again. */
function announce(): void {
  if (isAnnounced === isOn) return
  isAnnounced = isOn
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Renders the component again when amounts begin or cease to be rupees. */
export const useAreScaled = (): boolean => useSyncExternalStore(subscribe, () => isAnnounced)

/** For a page or a part of one with scaled figures, as long as it is shown. */
export function useScaled(on: boolean): void {
  if (on) setScaled(true) // what is below writes its figures in this same render
  useEffect(() => {
    if (!on) return
    holders += 1
    setScaled(true)
    announce()
    return () => {
      holders -= 1
      setScaled(holders > 0)
      announce()
    }
  }, [on])
}

/** The header of a column of amounts, "Value (₹)": of scaled ones without the sign. */
export const inRupees = (header: string): string => (isOn ? header.replace(" (₹)", "") : header)
