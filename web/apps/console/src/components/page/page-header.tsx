import { Anchor, Breadcrumbs, Group, Title } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect } from "react"
import classes from "./page-header.module.css"

interface Crumb {
  label: string
  to: string
}

interface Props {
  title: string
  chips?: ReactNode
  action?: ReactNode
  crumbs?: Crumb[]
  note?: ReactNode
}

/** Title, status chips and one primary action. Breadcrumbs only on nested pages. */
export function PageHeader({ title, chips, action, crumbs, note }: Props) {
  useEffect(() => {
    document.title = `${title} · TraderTape`
  }, [title])
  return (
    <header className={classes.root}>
      {crumbs && (
        <Breadcrumbs separatorMargin={6} fz="xs" mb={4}>
          {crumbs.map((crumb) => (
            <Anchor key={crumb.to} component={Link} to={crumb.to} size="xs" c="dimmed">
              {crumb.label}
            </Anchor>
          ))}
        </Breadcrumbs>
      )}
      <div className={classes.line}>
        <Group gap="xs" wrap="wrap" className={classes.title}>
          <Title order={1}>{title}</Title>
          {chips}
        </Group>
        {action && (
          <Group gap={8} wrap="wrap">
            {action}
          </Group>
        )}
      </div>
      {note && <div className={classes.note}>{note}</div>}
    </header>
  )
}
