import { Menu } from "@mantine/core"
import { Link, useNavigate } from "@tanstack/react-router"
import { Ellipsis, Search } from "lucide-react"
import { AccountItems } from "./account-menu"
import classes from "./navigation.module.css"
import { openPalette } from "./palette"
import { BAR_PLACES, CHANGELOG, JOBS, MORE_PLACES, UPLOADS } from "./places"
import { WaitingBadge } from "./waiting-badge"

/** Navigation on phones, at the bottom of the screen. */
export function BottomBar() {
  const navigate = useNavigate()
  return (
    <nav className={classes.bar} aria-label="Main, phone">
      {BAR_PLACES.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={classes.tab} activeOptions={{ exact: to === "/" }}>
          <Icon size={19} />
          <span className={classes.word}>{label}</span>
          {to === "/approvals" && <WaitingBadge />}
        </Link>
      ))}
      <Menu position="top-end" width={220}>
        <Menu.Target>
          <button type="button" className={classes.tab}>
            <Ellipsis size={19} />
            <span className={classes.word}>More</span>
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {[...MORE_PLACES, UPLOADS, JOBS, CHANGELOG].map(({ to, label, icon: Icon }) => (
            <Menu.Item
              key={to}
              className={classes.more}
              leftSection={<Icon size={17} />}
              onClick={() => navigate({ to })}
            >
              {label}
            </Menu.Item>
          ))}
          <Menu.Item className={classes.more} leftSection={<Search size={17} />} onClick={openPalette}>
            Search
          </Menu.Item>
          <Menu.Divider />
          <AccountItems className={classes.more} />
        </Menu.Dropdown>
      </Menu>
    </nav>
  )
}
