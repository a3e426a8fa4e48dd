import { useSyncExternalStore } from "react"

const listeners = new Set<() => void>()
let isAsked = false

function set(next: boolean): void {
  isAsked = next
  for (const listener of listeners) listener()
}

/** Open the kill switch's dialog, above whatever is open. */
export const askKillSwitch = (): void => set(true)

/** Close it again, once the Escape that did it has gone by: the dialog below would close by the same key. */
export const leaveKillSwitch = (): void => void setTimeout(() => set(false))

/** Whether its dialog is open: what lies below then leaves Escape and the focus to it. */
export function useKillSwitchAsked(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => isAsked,
  )
}
