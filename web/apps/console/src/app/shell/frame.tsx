import { useHotkeys } from "@mantine/hooks"
import { Outlet } from "@tanstack/react-router"
import { useHidden } from "@tradertape/ui/discreet.ts"
import { useDiscreetKeys } from "@tradertape/ui/use-discreet-keys.ts"
import { lazy, Suspense, useEffect, useState } from "react"
import { KillSwitchDialog } from "@/components/kill-switch/kill-switch-dialog"
import { useFeedStatus } from "@/lib/live"
import { toggleDiscreet, usePreferences } from "@/lib/preferences"
import classes from "./frame.module.css"
import { BottomBar } from "./navigation/bottom-bar"
import { onPaletteRequest, openPalette } from "./navigation/palette"
import { Rail } from "./navigation/rail"
import { TopBar } from "./top-bar/top-bar"
import { useAccountUpdates } from "./use-account-updates"
import { useVersionCheck } from "./version/use-version-check"

const CommandPalette = lazy(() => import("./navigation/command-palette"))
const ShortcutsDialog = lazy(() => import("./navigation/shortcuts-dialog"))

/** Whether the palette was ever opened: its code is loaded with the first ⌘K or search. */
function usePaletteWanted(): boolean {
  const [isWanted, setWanted] = useState(false)
  useEffect(() => onPaletteRequest(() => setWanted(true)), [])
  // From a field too, and while the palette closes with its own field still focused.
  useHotkeys([["mod+K", openPalette]], [], true)
  useHotkeys([["/", openPalette]])
  return isWanted
}

/** Navigation and top bar, which stay while pages change. */
export function Frame() {
  const { isRailFolded } = usePreferences()
  useVersionCheck()
  useAccountUpdates()
  useDiscreetKeys(toggleDiscreet)
  useHidden()
  const isPaletteWanted = usePaletteWanted()
  const { link } = useFeedStatus()
  return (
    <div className={classes.root} data-folded={isRailFolded || undefined}>
      <a className="tt-skip-link" href="#page">
        Skip to main content
      </a>
      <Rail />
      <main id="page" className={classes.page} tabIndex={-1} data-lost={link === "lost" || undefined}>
        <TopBar />
        <Outlet />
      </main>
      <BottomBar />
      <KillSwitchDialog />
      <Suspense>
        <ShortcutsDialog />
      </Suspense>
      {isPaletteWanted && (
        <Suspense>
          <CommandPalette />
        </Suspense>
      )}
    </div>
  )
}
