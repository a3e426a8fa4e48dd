import { Outlet } from "@tanstack/react-router"
import { usePreferences } from "@/lib/preferences"
import { BottomBar } from "./bottom-bar"
import { CommandPalette } from "./command-palette"
import classes from "./frame.module.css"
import { Rail } from "./rail"
import { useVersionCheck } from "./use-version-check"

/** Rail, page, bar: what stays while pages change. */
export function Frame() {
  const { isRailFolded } = usePreferences()
  useVersionCheck()
  return (
    <div className={classes.root} data-folded={isRailFolded || undefined}>
      <a className="tt-skip-link" href="#page">
        Skip to the page
      </a>
      <Rail />
      <main id="page" className={classes.page} tabIndex={-1}>
        <Outlet />
      </main>
      <BottomBar />
      <CommandPalette />
    </div>
  )
}
