import { Link } from "@tanstack/react-router"
import { PanelLeftClose, PanelLeftOpen, Search } from "lucide-react"
import { withModifier } from "@/lib/keys"
import { setPreferences, usePreferences } from "@/lib/preferences"
import { AccountMenu } from "./account-menu"
import classes from "./navigation.module.css"
import { openPalette } from "./palette"
import { CHANGELOG, PLACES, READING } from "./places"
import { WaitingBadge } from "./waiting-badge"

/** The left rail: pages, documentation, account. Collapses to icons. */
export function Rail() {
  const { isRailFolded } = usePreferences()
  const Fold = isRailFolded ? PanelLeftOpen : PanelLeftClose
  return (
    <nav className={classes.rail} aria-label="Main">
      <Link to="/" className={classes.brand} aria-label="TraderTape, home">
        <img src="/icon.svg" alt="" />
        <span className={classes.word}>TraderTape</span>
      </Link>
      <button
        type="button"
        className={`${classes.place} ${classes.search}`}
        onClick={openPalette}
        aria-label="Search"
      >
        <Search size={16} />
        <span className={classes.word}>Search</span>
        <kbd className={classes.word}>{withModifier("K")}</kbd>
      </button>
      {PLACES.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={classes.place} activeOptions={{ exact: to === "/" }} title={label}>
          <Icon size={17} />
          <span className={classes.word}>{label}</span>
          {to === "/approvals" && <WaitingBadge />}
        </Link>
      ))}
      <div className={classes.group}>Documentation</div>
      {READING.map(({ href, label, icon: Icon }) => (
        <a key={href} href={href} className={classes.place} title={label}>
          <Icon size={17} />
          <span className={classes.word}>{label}</span>
        </a>
      ))}
      <Link to={CHANGELOG.to} className={classes.place} title={CHANGELOG.label}>
        <CHANGELOG.icon size={17} />
        <span className={classes.word}>{CHANGELOG.label}</span>
      </Link>
      <div className={classes.spring} />
      <button
        type="button"
        className={`${classes.place} ${classes.fold}`}
        onClick={() => setPreferences({ isRailFolded: !isRailFolded })}
        aria-label={isRailFolded ? "Expand navigation" : "Collapse navigation"}
      >
        <Fold size={17} />
        <span className={classes.word}>Collapse</span>
      </button>
      <AccountMenu />
    </nav>
  )
}
