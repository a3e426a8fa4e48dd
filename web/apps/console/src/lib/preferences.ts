import { notifications } from "@mantine/notifications"
import { type CommonPreferences, preferenceStore } from "@tradertape/ui/preferences.ts"

/** Preferences stored in this browser rather than in the account. */
export interface Preferences extends CommonPreferences {
  isRailFolded: boolean
}

const store = preferenceStore<Preferences>(
  "tradertape.preferences",
  { palette: "standard", discreet: false, isRailFolded: false },
  () => notifications.clean(), // a notice keeps the words that it came with
)

export const applyPreferences = store.start
export const setPreferences = store.set
export const usePreferences = store.use

export const toggleDiscreet = (): void => store.set({ discreet: !store.get().discreet })
