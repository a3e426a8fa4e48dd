import { Button, Select, Text } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count, instant, number, quantity, words } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { Failure } from "@/components/states/failure"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { type OrderMoney, type Rehearsal as Rehearsed, riskCalls } from "@/lib/queries/risk"
import classes from "./risk.module.css"

const SPANS = [
  { value: "7", label: "Last week" },
  { value: "31", label: "Last month" },
  { value: "92", label: "Last three months" },
  { value: "366", label: "Last year" },
]

/** What the active rules would have refused among the stored orders. */
export function Rehearsal({ money }: { money: OrderMoney }) {
  const [days, setDays] = useState("31")
  const rehearsing = useMutation({
    mutationFn: () => riskCalls.rehearse({ days: Number(days), money }),
  })
  return (
    <Section
      title="What would have happened"
      note="Your active rules over the orders and fills that are stored. A rule can be tried before it is created, too"
      action={
        <div className={classes.trial}>
          <Select
            aria-label="Days to rehearse"
            data={SPANS}
            value={days}
            allowDeselect={false}
            onChange={(value) => setDays(value ?? days)}
          />
          <Button variant="default" loading={rehearsing.isPending} onClick={() => rehearsing.mutate()}>
            Rehearse
          </Button>
        </div>
      }
    >
      <Failure error={rehearsing.error} />
      {rehearsing.data ? (
        <RehearsalResult found={rehearsing.data} />
      ) : (
        <Text size="sm" c="dimmed">
          Judges each entry of that time again, in its order, with what was realised until then.
        </Text>
      )}
    </Section>
  )
}

/** What a rehearsal found, in a sentence and tables. */
export function RehearsalResult({ found }: { found: Rehearsed }) {
  const { refused, entries, refused_pnl, not_judged } = found
  return (
    <div role="status" aria-label="Result of the rehearsal">
      <Text size="sm" fw={550}>
        {entries === 0
          ? `No entries in ${count(found.days, "day")}: there is nothing to judge.`
          : `${number(refused)} of ${count(entries, "entry", "entries")} would have been refused.`}
      </Text>
      {entries > 0 && (
        <Text size="sm" c="dimmed">
          What was refused brought <Delta kind="money" value={refused_pnl} decimals={2} />; everything
          together <Delta kind="money" value={found.pnl} decimals={2} />, before charges.
        </Text>
      )}
      {not_judged.length > 0 && (
        <Text size="xs" c="dimmed">
          Not judged, as stored orders do not tell: {not_judged.join(", ")}.
        </Text>
      )}
      {found.rules.some((rule) => rule.broken > 0) && (
        <ul className={classes.broken} aria-label="Rules that would have refused">
          {found.rules
            .filter((rule) => rule.broken > 0)
            .map((rule) => (
              <li key={rule.rule}>
                {rule.rule}: {count(rule.broken, "time")}, first {instant(rule.first_at)}
              </li>
            ))}
        </ul>
      )}
      {found.refusals.length > 0 && (
        <PlainTable
          label="Entries that would have been refused"
          rows={found.refusals}
          columns={REFUSALS}
          rowKey={(row) => row.order_id}
          minWidth={560}
        />
      )}
    </div>
  )
}

const REFUSALS: Column<Rehearsed["refusals"][number]>[] = [
  { id: "at", header: "When", isText: true, value: (row) => row.at, cell: (row) => instant(row.at) },
  {
    id: "order",
    header: "Order",
    isText: true,
    value: (row) => row.instrument,
    cell: (row) => `${words(row.side)} ${quantity(row.quantity)} ${row.instrument}`,
  },
  {
    id: "why",
    header: "Why",
    isText: true,
    value: (row) => row.messages[0] ?? "",
    cell: (row) => row.messages.join(" "),
  },
]
