import { Outlet } from "@tanstack/react-router"
import { useDiscreetKeys } from "@tradertape/ui/use-discreet-keys.ts"
import { toggleDiscreet } from "@/lib/preferences"
import { BottomBar } from "./bottom-bar"
import classes from "./frame.module.css"
import { Rail } from "./rail"
import { TopBar } from "./top-bar"

/** Navigation and state, which stay while sections change. */
export function Frame() {
  useDiscreetKeys(toggleDiscreet)
  return (
    <div className={classes.root}>
      <button type="button" className="tt-skip-link" onClick={skip}>
        Skip to main content
      </button>
      <Rail />
      <main id="page" className={classes.page} tabIndex={-1}>
        <TopBar />
        <Outlet />
      </main>
      <BottomBar />
    </div>
  )
}

/** A link to an anchor would change the section: it is what follows the # in the address. */
function skip() {
  document.getElementById("page")?.focus()
}
