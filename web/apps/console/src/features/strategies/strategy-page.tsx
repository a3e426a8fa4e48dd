import { Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { PageHeader } from "@/components/page/page-header"
import { ErrorState } from "@/components/states/error-state"
import { catalogueQuery, strategyQuery } from "@/lib/queries/strategies"
import { Editor } from "./editor/editor"

/** Loads a strategy and opens it in the editor, with separate state for each strategy. */
export function StrategyPage() {
  const { id } = useParams({ from: "/frame/strategies/$id" })
  const strategy = useQuery(strategyQuery(Number(id)))
  const catalogue = useQuery(catalogueQuery)
  const error = strategy.error ?? catalogue.error
  if (error) {
    const retry = () => {
      void strategy.refetch()
      void catalogue.refetch()
    }
    return (
      <>
        <PageHeader title="Strategy" crumbs={[{ label: "Strategies", to: "/strategies" }]} />
        <ErrorState
          error={error}
          what="This strategy"
          back={{ label: "All strategies", to: "/strategies" }}
          retry={retry}
        />
      </>
    )
  }
  if (!strategy.data || !catalogue.data) {
    return (
      <Stack gap="md">
        <Skeleton height={34} width={300} />
        <Skeleton height={420} />
      </Stack>
    )
  }
  return <Editor key={strategy.data.id} strategy={strategy.data} catalogue={catalogue.data} />
}
