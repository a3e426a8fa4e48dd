import { Group, Stack, Title } from "@mantine/core"
import { type ReactNode, useEffect } from "react"

interface Props {
  title: string
  chips?: ReactNode
  note?: ReactNode
  action?: ReactNode
  children: ReactNode
}

/** A section of the agent: its title, what it is, and at most one main action. */
export function Page({ title, chips, note, action, children }: Props) {
  useEffect(() => {
    document.title = `${title} · TraderTape agent`
  }, [title])
  return (
    <>
      <Group justify="space-between" gap="xs" mb={note ? 2 : "sm"}>
        <Group gap="xs">
          <Title order={1}>{title}</Title>
          {chips}
        </Group>
        {action}
      </Group>
      {note && (
        <p className="tt-muted" style={{ margin: "0 0 14px", maxWidth: "80ch" }}>
          {note}
        </p>
      )}
      <Stack gap="sm">{children}</Stack>
    </>
  )
}
