import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core"
import { Eye, EyeOff, Moon, Sun } from "lucide-react"
import { toggleDiscreet, usePreferences } from "@/lib/preferences"
import classes from "./frame.module.css"

/** Light or dark, and amounts shown or hidden. */
export function Appearance() {
  const { toggleColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme("light") === "dark"
  const { discreet } = usePreferences()
  return (
    <>
      <button type="button" className={classes.place} onClick={toggleColorScheme}>
        {isDark ? <Sun size={17} /> : <Moon size={17} />}
        <span className={classes.word}>{isDark ? "Light" : "Dark"} appearance</span>
      </button>
      <button
        type="button"
        className={classes.place}
        onClick={toggleDiscreet}
        aria-keyshortcuts="Shift+H"
        aria-pressed={discreet}
      >
        {discreet ? <Eye size={17} /> : <EyeOff size={17} />}
        <span className={classes.word}>{discreet ? "Show amounts" : "Hide amounts"}</span>
      </button>
    </>
  )
}
