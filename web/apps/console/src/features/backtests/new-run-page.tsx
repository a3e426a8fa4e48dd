import { Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useSearch } from "@tanstack/react-router"
import { PageHeader } from "@/components/page/page-header"
import { ErrorState } from "@/components/states/error-state"
import { NoMarketData } from "@/components/states/no-market-data"
import { SimulatedBadge } from "@/components/states/simulated-badge"
import { optionsQuery, runQuery } from "@/lib/queries/backtests"
import { dataSetsQuery } from "@/lib/queries/market"
import { fieldsLike, startingFields } from "./form/defaults"
import { RunForm } from "./form/run-form"

/** Configures a backtest for a strategy, or repeating an earlier run. */
export function NewRunPage() {
  const { strategy, like } = useSearch({ from: "/frame/backtests/new" })
  const sets = useQuery(dataSetsQuery)
  const options = useQuery(optionsQuery)
  const model = useQuery({ ...runQuery(like ?? ""), enabled: Boolean(like) })
  const error = sets.error ?? options.error ?? model.error
  const isReady = sets.data && options.data && (!like || model.data)
  const active = sets.data?.find((set) => set.active) ?? sets.data?.[0]
  const base = startingFields(active, strategy ?? model.data?.strategy.id ?? null)
  const retry = () => {
    void sets.refetch()
    void options.refetch()
  }
  return (
    <>
      <PageHeader
        title="New backtest"
        crumbs={[{ label: "Backtests", to: "/backtests" }]}
        chips={<SimulatedBadge shown={active?.simulated ?? false} />}
        note="Simulates the period day by day: signals at the close, fills afterwards, charges and slippage included."
      />
      {error && (
        <ErrorState
          error={error}
          what="The form"
          back={{ label: "Start a new backtest", to: "/backtests/new" }}
          retry={retry}
        />
      )}
      {!error && !isReady && <Skeleton height={420} />}
      {sets.data?.length === 0 && <NoMarketData />}
      {isReady && options.data && sets.data && sets.data.length > 0 && (
        <RunForm
          key={`${strategy ?? ""}-${like ?? ""}`}
          initial={
            model.data ? fieldsLike({ ...model.data.config, data_set: model.data.data_set }, base) : base
          }
          options={options.data}
          sets={sets.data}
        />
      )}
    </>
  )
}
