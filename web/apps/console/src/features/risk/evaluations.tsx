import { Badge, Checkbox, Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { discreet, moment, quantity } from "@tradertape/ui/format.ts"
import { ScrollText } from "lucide-react"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { type RiskEvaluation, riskEvaluationsQuery } from "@/lib/queries/risk"
import classes from "./risk.module.css"

/** What rules said of each order, with every reason. */
export function Evaluations() {
  const [isRefusedOnly, setRefusedOnly] = useState(false)
  const found = useQuery(riskEvaluationsQuery(isRefusedOnly))
  return (
    <Section
      title="Evaluations"
      note="What your rules said of each order and why; kept for half a year"
      flush
      action={
        <Checkbox
          label="Refused alone"
          checked={isRefusedOnly}
          onChange={(event) => setRefusedOnly(event.currentTarget.checked)}
        />
      }
    >
      {found.error && !found.data ? (
        <ErrorState error={found.error} what="The evaluations" retry={() => void found.refetch()} />
      ) : !found.data ? (
        <Skeleton height={120} m="md" w="auto" />
      ) : found.data.items.length === 0 ? (
        <EmptyState icon={<ScrollText size={28} />} title="Nothing was judged yet">
          Every order that opens or enlarges a position is judged by your rules and listed here.
        </EmptyState>
      ) : (
        <ul className={classes.log} aria-label="Evaluations">
          {found.data.items.map((one) => (
            <Entry key={one.id} one={one} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function Entry({ one }: { one: RiskEvaluation }) {
  return (
    <li className={classes.entry}>
      <div className={classes.line}>
        <span>
          <Badge color={one.passed ? (one.reason ? "yellow" : "green") : "red"} mr={8}>
            {one.passed ? (one.reason ? "Warned" : "Passed") : "Refused"}
          </Badge>
          {one.instrument
            ? `${one.side} ${quantity(one.quantity)} ${one.instrument}`
            : "Watched without an order"}
        </span>
        <span className="tt-muted">{moment(one.at)}</span>
      </div>
      {one.reason && (
        <Text size="sm" mt={4} style={{ overflowWrap: "anywhere" }}>
          {discreet(one.reason)}
        </Text>
      )}
    </li>
  )
}
