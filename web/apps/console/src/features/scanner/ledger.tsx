import { Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { date, discreet } from "@tradertape/ui/format.ts"
import { useMemo } from "react"
import { ExplanationView } from "@/components/explanation/explanation"
import { reasonText } from "@/components/models/words"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { ledgerQuery, symbolExplanationQuery } from "@/lib/queries/models"
import classes from "./scanner.module.css"

interface Props {
  portfolio: number
  symbol: string
  day: string
  onDay: (day: string) => void
}

interface Line {
  day: string
  reason: string
}

const COLUMNS: Column<Line>[] = [
  { id: "day", header: "Day", isText: true, value: (row) => row.day, cell: (row) => date(row.day) },
  {
    id: "reason",
    header: "Why",
    isText: true,
    value: (row) => row.reason,
    cell: (row) => discreet(reasonText(row.reason)),
  },
]

/** One stock: its rules at a close, and its reason on every scanned day. */
export function Ledger({ portfolio, symbol, day, onDay }: Props) {
  const lines = useQuery(ledgerQuery(portfolio, symbol))
  const why = useQuery(symbolExplanationQuery(portfolio, symbol, day))
  const rows = useMemo(() => lines.data ?? [], [lines.data])
  return (
    <div className={classes.two}>
      {why.error ? (
        <ErrorState error={why.error} what="The explanation" retry={() => void why.refetch()} />
      ) : why.data ? (
        <Section title={`${symbol} at the close of ${date(day)}`} note={why.data.conclusion}>
          <ExplanationView data={why.data} />
        </Section>
      ) : (
        <Skeleton height={280} />
      )}
      {lines.error ? (
        <ErrorState error={lines.error} what="The ledger" retry={() => void lines.refetch()} />
      ) : (
        <Section title={`${symbol}, day by day`} note="Choose a day to see its rules" flush>
          <DataTable
            label={`${symbol}, day by day`}
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => row.day}
            onOpen={(row) => onDay(row.day)}
            openedKey={day}
            maxHeight={420}
          />
        </Section>
      )}
    </div>
  )
}
