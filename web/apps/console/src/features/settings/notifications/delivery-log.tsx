import { Badge, Button, Skeleton, Table, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { discreet, moment } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { type Channel, type Delivery, deliveriesQuery } from "@/lib/queries/notifications"
import classes from "./notifications.module.css"

const STATES: Record<Delivery["status"], { text: string; color: string }> = {
  waiting: { text: "Waiting", color: "gray" },
  sending: { text: "Sending", color: "gray" },
  sent: { text: "Sent", color: "green" },
  failed: { text: "Failed", color: "red" },
  unknown: { text: "Outcome unknown", color: "yellow" },
  cancelled: { text: "Not sent", color: "gray" },
}

/** What became of each message, with every attempt's reason. */
export function DeliveryLog({ channels }: { channels: Channel[] }) {
  const [limit, setLimit] = useState(20)
  const { data, error, isPending, refetch } = useQuery(deliveriesQuery(limit))
  const names = new Map(channels.map(({ id, name }) => [id, name]))
  if (isPending) return <Skeleton height={120} />
  if (error && !data) return <ErrorState error={error} what="The delivery log" retry={refetch} />
  return (
    <Section title="Delivery log" note="Kept for 90 days." flush>
      {data.items.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          Nothing was sent yet.
        </Text>
      ) : (
        <ScrollRegion label="Delivery log, table" style={{ overflowX: "auto" }}>
          <Table miw={560}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>When</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>Channel</Table.Th>
                <Table.Th>Outcome</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.items.map((row) => (
                <Table.Tr key={row.id}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>{moment(row.created_at)}</Table.Td>
                  <Table.Td>{row.title}</Table.Td>
                  <Table.Td>{names.get(row.channel_id)}</Table.Td>
                  <Table.Td>
                    <Outcome row={row} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollRegion>
      )}
      {data.total > limit && limit < 500 && (
        <Button variant="subtle" m="sm" onClick={() => setLimit(Math.min(limit * 5, 500))}>
          Show more
        </Button>
      )}
    </Section>
  )
}

function Outcome({ row }: { row: Delivery }) {
  const { text, color } = STATES[row.status]
  const reason = row.attempts.at(-1)?.reason
  const isHeld = row.status === "waiting" && new Date(row.due_at) > new Date()
  return (
    <div className={classes.reason}>
      <Badge color={color}>{text}</Badge>
      {row.attempts.length > 1 && (
        <Text span size="xs" c="dimmed">
          {" "}
          {row.attempts.length} attempts
        </Text>
      )}
      {isHeld && (
        <Text size="xs" c="dimmed">
          {reason ? "Again at" : "At"} {moment(row.due_at)}
        </Text>
      )}
      {reason && (
        <Text size="xs" c="dimmed">
          {discreet(reason)}
        </Text>
      )}
    </div>
  )
}
