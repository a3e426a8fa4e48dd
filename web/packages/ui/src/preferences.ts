/** Preferences of one browser, kept in its storage: every tab has the same. */
import { useSyncExternalStore } from "react"
import { setDiscreet } from "./discreet.ts"

/** What every console keeps. */
export interface CommonPreferences {
  palette: "standard" | "colour-blind"
  discreet: boolean
}

export interface PreferenceStore<T> {
  /** Apply the stored preferences, and from now on those that another tab of this browser sets. */
  start: () => void
  set: (change: Partial<T>) => void
  get: () => T
  use: () => T
}

/** The preferences under a key of this browser's storage. onHiding: called when amounts begin to be hidden. */
export function preferenceStore<T extends CommonPreferences>(
  key: string,
  defaults: T,
  onHiding: () => void,
): PreferenceStore<T> {
  const listeners = new Set<() => void>()
  const read = (): T => {
    try {
      return { ...defaults, ...JSON.parse(localStorage.getItem(key) ?? "{}") }
    } catch {
      return defaults
    }
  }
  let current = read()
  // As attributes of the root element, for CSS, and where amounts are written.
  const apply = (): void => {
    document.documentElement.dataset.palette = current.palette
    setDiscreet(current.discreet)
  }
  const become = (next: T): void => {
    if (next.discreet && !current.discreet) onHiding()
    current = next
    apply()
    for (const listener of listeners) listener()
  }
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return {
    start: () => {
      apply()
      window.addEventListener("storage", (event) => {
        if (event.key === key || event.key === null) become(read())
      })
      // A page that was kept while another one was shown has heard of nothing.
      window.addEventListener("pageshow", ({ persisted }) => persisted && become(read()))
    },
    set: (change) => {
      const next = { ...current, ...change }
      try {
        localStorage.setItem(key, JSON.stringify(next))
      } catch {
        // Storage is full or forbidden: they hold until this page is closed.
      }
      become(next)
    },
    get: () => current,
    use: () => useSyncExternalStore(subscribe, () => current),
  }
}
