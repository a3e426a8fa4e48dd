import { Skeleton, Stack } from "@mantine/core"
import type { UseQueryResult } from "@tanstack/react-query"
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { ConnectCard } from "@/components/brokers/connect-card"
import { ErrorState } from "@/components/states/error-state"
import { brokersQuery, type Environment } from "@/lib/queries/brokers"
import { type Answer, type AtBroker, isNotConnected } from "@/lib/queries/portfolio"
import { ageWords } from "./age-note"
import { useBrokerTitles } from "./broker-filter"
import { ofEnvironment } from "./totals"

interface Props<T extends AtBroker> {
  query: UseQueryResult<Answer<T>>
  what: string
  environment: Environment
  children: (answer: Answer<T>) => ReactNode
}

/** A tab of the Wealth page in each of its states: loading, not connected, failed, answered. */
export function AnswerFrame<T extends AtBroker>(props: Props<T>) {
  const { query, what, environment, children } = props
  const { data: brokers } = useQuery(brokersQuery)
  const title = useBrokerTitles()
  const { data, error, refetch } = query
  if (isNotConnected(error)) return <ConnectCard brokers={brokers ?? []} what={what} />
  const failed = (cause: unknown) => (
    <ErrorState error={cause} what={`Your ${what}`} retry={() => void refetch()} />
  )
  if (error && !data) return failed(error)
  if (!data || !brokers)
    return (
      <Stack gap="md" role="status" aria-busy aria-label="Loading">
        <Skeleton height={78} />
        <Skeleton height={360} />
      </Stack>
    )
  const answer = ofEnvironment(data, environment, brokers)
  // Not an empty list: whether there is anything is not known.
  if (answer.rows.length === 0 && answer.failed.length > 0)
    return failed(new Error(`${ageWords(answer, title)}. Try again in a minute.`))
  return (
    <Stack gap="md">
      {error && failed(error)}
      <div>{children(answer)}</div>
    </Stack>
  )
}
