import { Anchor, Card, Text, Title } from "@mantine/core"
import { type ReactNode, useEffect } from "react"
import classes from "./auth.module.css"

interface Props {
  title: string
  children: ReactNode
}

/** The page layout around every sign-in form. */
export function AuthFrame({ title, children }: Props) {
  useEffect(() => {
    document.title = `${title} · TraderTape`
  }, [title])
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <img src="/icon.svg" alt="" width={36} height={36} />
          <span>TraderTape</span>
        </div>
        <Card padding="lg">
          <Title order={1} fz={16} mb="sm">
            {title}
          </Title>
          {children}
        </Card>
        <Text size="xs" c="dimmed" ta="center">
          Rule-based trading of Indian equities, on your own machine.{" "}
          <Anchor href="/docs/" size="xs" underline="always">
            Docs
          </Anchor>
        </Text>
      </div>
    </main>
  )
}
