import { useEffect } from "react"
import { setPeeking } from "./discreet.ts"

/** Where letters are typed; not what is only chosen. */
const FIELDS =
  "input:not([type=radio], [type=checkbox], [type=range], [type=button]), textarea, select, [contenteditable]:not([contenteditable=false])"

const isOfKey = (event: KeyboardEvent) =>
  event.code === "KeyH" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat

const isInField = ({ target }: KeyboardEvent) => target instanceof Element && target.closest(FIELDS) !== null

/** Shift H turns discreet mode on and off, by `toggle`; while it is on, amounts are shown for as long as H is held. */
export function useDiscreetKeys(toggle: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isOfKey(event) || isInField(event)) return
      if (event.shiftKey) toggle()
      else setPeeking(true)
    }
    const release = (event: KeyboardEvent) => {
      if (event.code === "KeyH") setPeeking(false)
    }
    // A key that is released in another window is not heard here.
    const leave = () => setPeeking(false)
    window.addEventListener("keydown", press)
    window.addEventListener("keyup", release)
    window.addEventListener("blur", leave)
    document.addEventListener("visibilitychange", leave)
    return () => {
      window.removeEventListener("keydown", press)
      window.removeEventListener("keyup", release)
      window.removeEventListener("blur", leave)
      document.removeEventListener("visibilitychange", leave)
      leave()
    }
  }, [toggle])
}
