import { Select } from "@mantine/core"
import type { UseFormReturnType } from "@mantine/form"
import { useQuery } from "@tanstack/react-query"
import { strategiesQuery } from "@/lib/queries/strategies"
import type { Fields } from "./defaults"

/** Select one of the user's strategies, templates or public strategies. */
export function StrategyField({ form }: { form: UseFormReturnType<Fields> }) {
  const mine = useQuery(strategiesQuery("mine"))
  const templates = useQuery(strategiesQuery("templates"))
  const shared = useQuery(strategiesQuery("public"))
  const seen = new Set<number>()
  const groups = [
    { group: "Mine", items: mine.data?.items ?? [] },
    { group: "Templates", items: templates.data?.items ?? [] },
    { group: "Public", items: shared.data?.items ?? [] },
  ].map(({ group, items }) => ({
    group,
    items: items
      .filter(({ id }) => !seen.has(id) && seen.add(id))
      .map(({ id, name, version }) => ({
        value: String(id),
        label: group === "Templates" ? name : `${name} (v${version})`,
      })),
  }))
  const { strategy_id } = form.values
  return (
    <Select
      label="Strategy"
      placeholder="Choose a strategy"
      required
      searchable
      data={groups}
      value={strategy_id === null ? null : String(strategy_id)}
      onChange={(value) => form.setFieldValue("strategy_id", value ? Number(value) : null)}
      error={form.errors.strategy_id}
    />
  )
}
