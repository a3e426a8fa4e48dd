import { Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import type { Run } from "@tradertape/api/backtest.ts"
import { useMemo } from "react"
import { ErrorState } from "@/components/states/error-state"
import { studiesQuery } from "@/lib/queries/studies"
import layout from "../shared/layout.module.css"
import { StartStudy } from "./start-study"
import { StudyCard } from "./study-card"
import { namesOf } from "./varied-numbers"

/** Studies that test whether the result is more than luck: start, follow and read them. */
export default function RobustnessTab({ run }: { run: Run }) {
  const { data, error, isPending, refetch } = useQuery(studiesQuery(run.run_id))
  const name = useMemo(() => namesOf(run.strategy_snapshot), [run])
  return (
    <div className={layout.stack}>
      <StartStudy run={run} />
      {isPending && <Skeleton height={160} />}
      {error && <ErrorState error={error} what="The studies" retry={refetch} />}
      {data?.map((study) => (
        <StudyCard key={study.study_id} study={study} name={name} />
      ))}
      {data?.length === 0 && (
        <Text size="sm" c="dimmed">
          No study of this run yet. Start with Monte Carlo: it takes a second and shows how much of the result
          the order of trades explains.
        </Text>
      )}
    </div>
  )
}
