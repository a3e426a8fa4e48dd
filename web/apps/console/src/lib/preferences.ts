import { notifications } from "@mantine/notifications"
import { setDiscreet } from "@tradertape/ui/discreet.ts"
import { useSyncExternalStore } from "react"

/** Preferences stored in this browser rather than in the account. */
export interface Preferences {
  palette: "standard" | "colour-blind"
  discreet: boolean
  isRailFolded: boolean
}

const KEY = "tradertape.preferences"
const DEFAULTS: Preferences = { palette: "standard", discreet: false, isRailFolded: false }
const listeners = new Set<() => void>()

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") }
  } catch {
    return DEFAULTS
  }
}

let current = read()

/** Set the preferences as attributes of the root element, for CSS, and where amounts are written. */
function apply(): void {
  document.documentElement.dataset.palette = current.palette
  setDiscreet(current.discreet)
}

function become(next: Preferences): void {
  // A notice keeps the words that it came with.
  if (next.discreet && !current.discreet) notifications.clean()
  current = next
  apply()
  for (const listener of listeners) listener()
}

/** Apply the stored preferences, and from now on those that another tab of this browser sets. */
export function applyPreferences(): void {
  apply()
  window.addEventListener("storage", ({ key }) => {
    if (key === KEY || key === null) become(read())
  })
  // A page that was kept while another one was shown has heard of nothing.
  window.addEventListener("pageshow", ({ persisted }) => persisted && become(read()))
}

export function setPreferences(change: Partial<Preferences>): void {
  const next = { ...current, ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(next))
  } catch {
    // Storage is full or forbidden: they hold until this page is closed.
  }
  become(next)
}

export const toggleDiscreet = (): void => setPreferences({ discreet: !current.discreet })

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current)
}
