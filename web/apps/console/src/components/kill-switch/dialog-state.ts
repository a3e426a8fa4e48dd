import { useSyncExternalStore } from "react"

const listeners = new Set<() => void>()
let isOpen = false

function set(next: boolean): void {
  isOpen = next
  for (const listener of listeners) listener()
}

/** Open the kill-switch dialog above any other dialog. */
export const openKillSwitchDialog = (): void => set(true)

/** Close it after the current key event, or the same Escape would close the dialog below too. */
export const closeKillSwitchDialog = (): void => void setTimeout(() => set(false))

/** Whether the dialog is open: dialogs below then ignore Escape and do not trap focus. */
export function useKillSwitchDialogOpen(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => isOpen,
  )
}
