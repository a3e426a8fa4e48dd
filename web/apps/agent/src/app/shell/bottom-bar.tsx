import { Drawer } from "@mantine/core"
import { Link, useRouterState } from "@tanstack/react-router"
import { Ellipsis } from "lucide-react"
import { useState } from "react"
import { Appearance } from "./appearance"
import classes from "./frame.module.css"
import { BAR, MORE } from "./places"
import { WaitingBadge } from "./waiting-badge"

/** The sections on phones, at the bottom of the screen; those of every day first. */
export function BottomBar() {
  const [isOpen, setOpen] = useState(false)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const isMore = MORE.some(({ to }) => path.startsWith(to))
  return (
    <nav className={classes.bar} aria-label="Main, phone">
      {BAR.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={classes.tab} activeOptions={{ exact: to === "/" }}>
          <Icon size={19} />
          <span>{label}</span>
          {to === "/signals" && <WaitingBadge />}
        </Link>
      ))}
      <button
        type="button"
        className={classes.tab}
        data-status={isMore ? "active" : undefined}
        aria-expanded={isOpen}
        onClick={() => setOpen(true)}
      >
        <Ellipsis size={19} />
        <span>More</span>
      </button>
      <Drawer opened={isOpen} onClose={() => setOpen(false)} position="bottom" size="auto" title="More">
        <div className={classes.sheet}>
          {MORE.map(({ to, label, icon: Icon }) => (
            <Link key={to} to={to} className={classes.place} onClick={() => setOpen(false)}>
              <Icon size={18} />
              <span>{label}</span>
            </Link>
          ))}
          <Appearance />
        </div>
      </Drawer>
    </nav>
  )
}
