import { notifications } from "@mantine/notifications"
import { type CommonPreferences, preferenceStore } from "@tradertape/ui/preferences.ts"

const store = preferenceStore<CommonPreferences>(
  "tradertape.agent.preferences",
  { palette: "standard", discreet: false },
  () => notifications.clean(), // a notice keeps the words that it came with
)

export const applyPreferences = store.start
export const setPreferences = store.set
export const usePreferences = store.use

export const toggleDiscreet = (): void => store.set({ discreet: !store.get().discreet })
