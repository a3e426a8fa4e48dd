import { Select } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { brokersQuery } from "@/lib/queries/brokers"

/** The names of brokers for people. */
export function useBrokerTitles(): (name: string) => string {
  const { data } = useQuery(brokersQuery)
  return (name) => data?.find((row) => row.name === name)?.title ?? name
}

interface Props {
  /** The brokers that have rows. */
  names: readonly string[]
  value: string | undefined
  onChange: (broker: string | undefined) => void
}

/** Shows the rows of one broker; hidden where all rows are of one. */
export function BrokerFilter({ names, value, onChange }: Props) {
  const title = useBrokerTitles()
  if (names.length < 2 && !value) return null
  return (
    <Select
      w={160}
      aria-label="Broker"
      placeholder="All brokers"
      clearable
      data={names.map((name) => ({ value: name, label: title(name) }))}
      value={value ?? null}
      onChange={(name) => onChange(name ?? undefined)}
    />
  )
}

export const brokersOf = (rows: readonly { broker: string }[]) => [
  ...new Set(rows.map(({ broker }) => broker)),
]
