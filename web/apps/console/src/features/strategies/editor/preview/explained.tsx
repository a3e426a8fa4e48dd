import { Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { date } from "@tradertape/ui/format.ts"
import { ExplanationView } from "@/components/explanation/explanation"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { explainQuery, type Trial } from "@/lib/queries/strategies"

interface Props {
  trial: Trial
  day: string | null
  /** First day of the signals: averages have seen the same history. */
  start: string
}

/** Why a stock was or was not bought at a close: each condition with its values. */
export function Explained({ trial, day, start }: Props) {
  const { data, error, isPending, refetch } = useQuery({
    ...explainQuery(trial, day ?? "", start),
    enabled: day !== null,
  })
  if (day === null) return null
  if (error) return <ErrorState error={error} what="The explanation" retry={refetch} />
  if (isPending) return <Skeleton height={220} />
  return (
    <Section title={`${data.symbol} at the close of ${date(data.date)}`} note={data.conclusion}>
      <ExplanationView data={data} />
    </Section>
  )
}
