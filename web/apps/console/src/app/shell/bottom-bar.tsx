import { Link } from "@tanstack/react-router"
import { Search } from "lucide-react"
import classes from "./frame.module.css"
import { openPalette } from "./palette"
import { PLACES } from "./places"

/** The phone's navigation, within reach of a thumb. */
export function BottomBar() {
  return (
    <nav className={classes.bar} aria-label="Main, phone">
      {PLACES.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={classes.tab} activeOptions={{ exact: to === "/" }}>
          <Icon size={19} />
          <span className={classes.word}>{label}</span>
        </Link>
      ))}
      <button type="button" className={classes.tab} onClick={openPalette}>
        <Search size={19} />
        <span className={classes.word}>Search</span>
      </button>
    </nav>
  )
}
