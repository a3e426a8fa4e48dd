import { Badge, Tooltip } from "@mantine/core"

/** Shown wherever prices come from the simulated market. */
export function SimulatedBadge({ shown = true }: { shown?: boolean }) {
  if (!shown) return null
  return (
    <Tooltip label="These prices come from the simulated market that ships with TraderTape, not from an exchange. Import real data with “tradertape data fetch”.">
      <Badge color="yellow" variant="light" tabIndex={0}>
        Simulated prices
      </Badge>
    </Tooltip>
  )
}
