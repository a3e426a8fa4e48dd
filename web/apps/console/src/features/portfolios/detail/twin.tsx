import { Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count, date, moneyShort, number, signedMoney } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import { useMemo } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { type Twin as Compared, type Portfolio, twinQuery } from "@/lib/queries/models"
import { causeText } from "./cause-words"
import { ShareBar } from "./share-bar"

type Cause = Compared["causes"][number]
type Part = Compared["parts"][number]
const MOST_SHOWN = 12

/** The portfolio beside the backtest of its own settings, and what sets them apart. */
export function Twin({ portfolio }: { portfolio: Portfolio }) {
  const { data, error, refetch } = useQuery(twinQuery(portfolio.id, portfolio.traded_until))
  if (error && !data)
    return (
      <Section title="Beside its backtest">
        <ErrorState error={error} what="The comparison" retry={() => void refetch()} />
      </Section>
    )
  if (!data) return <Skeleton height={320} />
  return (
    <>
      <Curves twin={data} id={portfolio.id} />
      {data.causes.length > 0 && <Causes twin={data} />}
    </>
  )
}

function Curves({ twin, id }: { twin: Compared; id: number }) {
  const tokens = useTokens()
  const curves = useMemo(
    () => [
      {
        label: "Backtest",
        color: tokens.muted,
        points: twin.curve.map((one) => ({ date: one.date, value: one.twin_equity })),
        width: 1 as const,
      },
      {
        label: "Portfolio",
        color: tokens.accent,
        points: twin.curve.map((one) => ({ date: one.date, value: one.equity })),
      },
    ],
    [twin.curve, tokens],
  )
  const gap = twin.gap ?? 0
  return (
    <ChartSection
      title="Beside its backtest"
      note={
        <>
          {`The same strategy, settings and days with every signal placed. On ${date(twin.as_of)} the `}
          {gap === 0 ? (
            "portfolio and the backtest are worth the same, to the paisa."
          ) : (
            <>
              portfolio is worth <Delta kind="money" value={gap} decimals={2} /> against it.
            </>
          )}
        </>
      }
      file={`portfolio-${id}-backtest`}
      rows={() => twin.curve.map((one) => ({ ...one }))}
    >
      <CurvesChart
        curves={curves}
        height={240}
        format={moneyShort}
        label="Equity of the portfolio and of its backtest"
      />
    </ChartSection>
  )
}

function Causes({ twin }: { twin: Compared }) {
  const most = Math.max(...twin.causes.map(({ amount }) => Math.abs(amount)), 0.01)
  return (
    <Section
      title="Why it differs"
      note={`The causes add up to the gap of ${signedMoney(twin.gap, 2)} to the paisa`}
      flush
    >
      <PlainTable
        label="Causes of the gap"
        rows={twin.causes}
        columns={causeColumns(most)}
        rowKey={byCause}
      />
      <Text size="xs" c="dimmed" px="md" pt={12} pb={6}>
        {twin.parts.length > MOST_SHOWN
          ? `The largest ${MOST_SHOWN} of ${count(twin.parts.length, "difference")}`
          : "Each difference"}
      </Text>
      <PlainTable
        label="Differences by trade"
        rows={twin.parts.slice(0, MOST_SHOWN)}
        columns={PARTS}
        rowKey={(row) => `${row.symbol} ${row.signal_date} ${row.cause} ${row.words}`}
        minWidth={640}
      />
    </Section>
  )
}

const byCause = (row: Cause) => row.cause

function causeColumns(most: number): Column<Cause>[] {
  return [
    {
      id: "cause",
      header: "Cause",
      isText: true,
      value: (row) => row.cause,
      cell: (row) => causeText(row.cause),
    },
    {
      id: "parts",
      header: "Trades",
      value: (row) => row.parts,
      cell: (row) => <ShareBar share={Math.abs(row.amount) / most}>{number(row.parts)}</ShareBar>,
    },
    {
      id: "amount",
      header: "Gap (₹)",
      value: (row) => row.amount,
      cell: (row) => <Delta kind="money" value={row.amount} decimals={2} />,
    },
  ]
}

const PARTS: Column<Part>[] = [
  {
    id: "symbol",
    header: "Stock",
    isText: true,
    value: (row) => row.symbol,
    cell: (row) => row.symbol || "–",
  },
  {
    id: "signal",
    header: "Signal of",
    isText: true,
    value: (row) => row.signal_date,
    cell: (row) => date(row.signal_date),
  },
  { id: "words", header: "What happened", isText: true, value: (row) => row.words, cell: (row) => row.words },
  {
    id: "amount",
    header: "Gap (₹)",
    value: (row) => row.amount,
    cell: (row) => <Delta kind="money" value={row.amount} decimals={2} />,
  },
]
