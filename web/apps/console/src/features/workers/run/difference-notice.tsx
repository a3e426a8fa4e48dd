import { Alert, Text } from "@mantine/core"
import { moment } from "@tradertape/ui/format.ts"
import { Scale } from "lucide-react"
import type { RunLive } from "@/lib/queries/workers"

/** Instruments of the run of which the broker has other quantities than are recorded. */
export function DifferenceNotice({ live }: { live: RunLive }) {
  if (live.differences.length === 0) return null
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<Scale size={18} />}
      title="The broker has other quantities than are recorded"
    >
      {live.differences.map((one) => (
        <Text key={`${one.instrument} ${one.product}`} size="sm">
          {one.words}.{" "}
          <Text component="span" size="xs" c="dimmed">
            since {moment(one.since)}
          </Text>
        </Text>
      ))}
    </Alert>
  )
}
