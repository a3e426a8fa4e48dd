import { useSyncExternalStore } from "react"

/** Preferences stored in this browser. */
export interface Preferences {
  palette: "standard" | "colour-blind"
  discreet: boolean
}

const KEY = "tradertape.agent.preferences"
const DEFAULTS: Preferences = { palette: "standard", discreet: false }
const listeners = new Set<() => void>()

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") }
  } catch {
    return DEFAULTS
  }
}

let current = read()

/** Set the preferences as attributes of the root element, for CSS. */
export function applyPreferences(): void {
  const root = document.documentElement
  root.dataset.palette = current.palette
  root.dataset.discreet = current.discreet ? "on" : "off"
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change }
  localStorage.setItem(KEY, JSON.stringify(current))
  applyPreferences()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current)
}
