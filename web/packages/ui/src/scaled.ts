/** Scaled figures: an agent multiplied them by a secret factor, so that they are not rupees. */
import { useEffect } from "react"

let isOn = false

/** Whether amounts on this page are not rupees: they are written without the sign of the rupee. */
export const areScaled = (): boolean => isOn

export function setScaled(on: boolean): void {
  isOn = on
}

/** For a page of scaled figures, as long as it is shown. */
export function useScaled(on: boolean): void {
  setScaled(on) // what is below writes its figures in this same render
  useEffect(() => {
    setScaled(on)
    return () => setScaled(false)
  }, [on])
}
