import { Alert, Button, Group, Stack, Text } from "@mantine/core"
import { CircleAlert } from "lucide-react"
import type { ReactNode } from "react"
import { useConnect } from "@/components/brokers/use-connect"
import { LinkButton } from "@/components/page/link-button"
import type { BrokerRow } from "@/lib/queries/brokers"
import type { Problem } from "./callback-words"

interface Props {
  problem: Problem
  row?: BrokerRow
  children?: ReactNode
}

/** Why a login was not completed, with a new attempt and a way back. */
export function Stopped({ problem, row, children }: Props) {
  const connecting = useConnect("/settings?tab=brokers")
  const canRetry = row?.login.has_page && row.credentials
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<CircleAlert size={18} />}
      title={problem.title}
      role="alert"
      maw={720}
    >
      <Stack gap="sm">
        <Text size="sm">{problem.text}</Text>
        {children}
        <Group gap={8}>
          {row && canRetry && (
            <Button loading={connecting.isPending} onClick={() => connecting.mutate(row)}>
              Log in to {row.title} again
            </Button>
          )}
          <LinkButton to="/settings" search={{ tab: "brokers" }} variant="default">
            Back to Brokers
          </LinkButton>
        </Group>
      </Stack>
    </Alert>
  )
}
