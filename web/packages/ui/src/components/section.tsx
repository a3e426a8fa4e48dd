import { Card, Group, Text, Title } from "@mantine/core"
import type { ReactNode } from "react"

interface Props {
  title: string
  note?: ReactNode
  action?: ReactNode
  children: ReactNode
  flush?: boolean
}

/** A card with a heading. `flush` removes the padding, for tables. */
export function Section({ title, note, action, children, flush = false }: Props) {
  return (
    <Card component="section" p={0} aria-label={title}>
      <Group justify="space-between" align="flex-start" px="md" pt={12} pb={flush ? 10 : 8} gap="sm">
        <div style={{ flex: "1 1 180px", minWidth: 0 }}>
          <Title order={2} fz={13} fw={600}>
            {title}
          </Title>
          {note && (
            <Text size="xs" c="dimmed">
              {note}
            </Text>
          )}
        </div>
        {action}
      </Group>
      <div style={flush ? undefined : { padding: "0 16px 16px" }}>{children}</div>
    </Card>
  )
}
