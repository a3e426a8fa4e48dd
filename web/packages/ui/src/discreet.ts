/** Discreet mode: whether amounts and quantities are hidden on screen. One store for everything that writes them. */
import { useSyncExternalStore } from "react"

/** What is shown instead. Its length says nothing about the amount. */
export const MASK = "•••••"

let isOn = false
let isPeeking = false
const listeners = new Set<() => void>()

/** Whether amounts are hidden now: discreet mode is on, and nobody holds the key that shows them for a moment. */
export const isHidden = (): boolean => isOn && !isPeeking

function change(on: boolean, peeking: boolean): void {
  const before = isHidden()
  isOn = on
  isPeeking = peeking && on
  if (isHidden() === before) return
  for (const listener of listeners) listener()
}

export const setDiscreet = (on: boolean): void => change(on, isPeeking)

/** Show every amount while it is true; without effect unless discreet mode is on. */
export const setPeeking = (peeking: boolean): void => change(isOn, peeking)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether amounts are hidden; renders the component again, with its state, when that changes. */
export const useHidden = (): boolean => useSyncExternalStore(subscribe, isHidden)
