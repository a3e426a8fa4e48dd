import { Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { discreet, words } from "@tradertape/ui/format.ts"
import { Check, X } from "lucide-react"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { type Signal, type SignalCheck, signalCheckQuery } from "@/lib/queries/models"
import classes from "../approvals.module.css"

/** What an approval and the placement demand, risk rules included, and whether each is met now. */
export function Checks({ signal }: { signal: Signal }) {
  const { data, error, isPending, refetch } = useQuery(signalCheckQuery(signal.id))
  if (isPending) return <Skeleton height={150} />
  if (error) return <ErrorState error={error} what="The verdict" retry={() => void refetch()} />
  return (
    <Section
      title={titleOf(data)}
      note={
        <>
          Free cash after it: <Amount value={data.capital_after} decimals={0} />
        </>
      }
    >
      <ul className={classes.checks} aria-label="Risk verdict">
        {data.results.map((one) => (
          <li key={`${one.name} ${discreet(one.text)}`}>
            {one.passed ? (
              <Check size={14} className="tt-gain" aria-label="met" />
            ) : (
              <X size={14} className="tt-loss" aria-label="not met" />
            )}
            <span>
              {words(one.name)}:{" "}
              <Text component="span" size="sm" c="dimmed">
                {discreet(one.text)}
              </Text>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function titleOf({ passed, can_approve }: SignalCheck): string {
  if (passed) return "Every check passes"
  return can_approve ? "It can be approved; not every check passes" : "It cannot be approved as it is"
}
