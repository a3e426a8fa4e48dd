import { useState } from "react"

/** Two presses within this time are one double click, or a key that is held down. */
export const DOUBLE_CLICK_MS = 700

/** Whether a press confirms one of before. Times in milliseconds; null: there was none. */
export const confirms = (first: number | null, now: number): boolean =>
  first !== null && now - first >= DOUBLE_CLICK_MS

/** A button that is pressed twice: the first press asks, and a later one confirms. */
export function useSecondPress() {
  const [first, setFirst] = useState<number | null>(null)
  return {
    isAsking: first !== null,
    /** Record a press; return whether it confirms. */
    press: (): boolean => {
      const now = performance.now()
      if (first === null) setFirst(now)
      return confirms(first, now)
    },
    forget: () => setFirst(null),
  }
}
