import { Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { ExplanationView } from "@/components/explanation/explanation"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { type Signal, signalExplanationQuery } from "@/lib/queries/models"

/** The rules with the values that made the signal, and what its conviction is made of. */
export function Why({ signal }: { signal: Signal }) {
  const { data, error, isPending, refetch } = useQuery(signalExplanationQuery(signal.id))
  if (isPending) return <Skeleton height={220} />
  if (error) return <ErrorState error={error} what="The explanation" retry={() => void refetch()} />
  return (
    <Section title={`Why ${signal.symbol}`} note={data.conclusion}>
      <ExplanationView data={data} />
    </Section>
  )
}
