import { Stack, Text, Title } from "@mantine/core"
import type { ReactNode } from "react"

interface Props {
  icon: ReactNode
  title: string
  children: ReactNode
  action?: ReactNode
}

/** Explains what will appear here and offers the next step. */
export function EmptyState({ icon, title, children, action }: Props) {
  return (
    <Stack align="center" gap={8} py={40} px="md" ta="center">
      <span className="tt-muted" aria-hidden>
        {icon}
      </span>
      <Title order={2}>{title}</Title>
      <Text size="sm" c="dimmed" maw={460}>
        {children}
      </Text>
      {action && <div style={{ marginTop: 8 }}>{action}</div>}
    </Stack>
  )
}
