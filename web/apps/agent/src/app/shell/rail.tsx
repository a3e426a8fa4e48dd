import { Link } from "@tanstack/react-router"
import { Appearance } from "./appearance"
import classes from "./frame.module.css"
import { BAR, MORE } from "./places"
import { WaitingBadge } from "./waiting-badge"

/** The sections at the left, where there is room. */
export function Rail() {
  return (
    <nav className={classes.rail} aria-label="Main">
      <Link to="/" className={classes.brand} aria-label="TraderTape agent, dashboard">
        <img src="/icon.svg" alt="" />
        <span className={classes.word}>TraderTape agent</span>
      </Link>
      {[...BAR, ...MORE].map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={classes.place} activeOptions={{ exact: to === "/" }} title={label}>
          <Icon size={17} />
          <span className={classes.word}>{label}</span>
          {to === "/signals" && <WaitingBadge />}
        </Link>
      ))}
      <div className={classes.spring} />
      <Appearance />
    </nav>
  )
}
