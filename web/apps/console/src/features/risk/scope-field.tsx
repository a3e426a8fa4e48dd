import { Autocomplete, Select, TextInput } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { portfoliosQuery } from "@/lib/queries/models"

const BROKERS = ["kite", "upstox", "groww", "paper"]

interface Props {
  level: string
  value: string
  onChange: (id: string) => void
}

/** Select what a rule is about: one of the portfolios or brokers, a symbol, or a strategy by its id. */
export function ScopeField({ level, value, onChange }: Props) {
  const { data: portfolios = [] } = useQuery({ ...portfoliosQuery(), enabled: level === "portfolio" })
  if (level === "portfolio")
    return (
      <Select
        label="Which portfolio"
        placeholder={portfolios.length === 0 ? "You have none yet" : "Choose one"}
        data={portfolios.map(({ id, name }) => ({ value: String(id), label: `${name} (${id})` }))}
        value={value || null}
        searchable
        onChange={(id) => onChange(id ?? "")}
      />
    )
  if (level === "broker")
    return (
      <Select
        label="Which broker"
        data={BROKERS}
        value={value || null}
        onChange={(name) => onChange(name ?? "")}
      />
    )
  if (level === "symbol")
    return (
      <TextInput
        label="Which symbol"
        placeholder="INFY or NSE:INFY"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  return <StrategyField value={value} onChange={onChange} />
}

/** A strategy of portfolios by its number; of workers by the template their runs name. */
function StrategyField({ value, onChange }: Omit<Props, "level">) {
  const { data: portfolios = [] } = useQuery(portfoliosQuery())
  const used = [...new Set(portfolios.map(({ strategy_id }) => String(strategy_id)))]
  return (
    <Autocomplete
      label="Which strategy"
      description="The number of a portfolio's strategy, or the template of a worker's run"
      data={used}
      value={value}
      onChange={onChange}
    />
  )
}
