import { ActionIcon, Group, Skeleton, Stack, Table, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import type { Run, Trade } from "@tradertape/api/backtest.ts"
import type { CandlePoint } from "@tradertape/ui/charts/candle-chart.tsx"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { date, number, percent, price, quantity, signed } from "@tradertape/ui/format.ts"
import { ChevronLeft, ChevronRight } from "lucide-react"
import { useMemo } from "react"
import { SideDialog } from "@/components/dialog/dialog"
import { ErrorState } from "@/components/states/error-state"
import { indicatorName, scorePartName } from "@/lib/indicator-names"
import { type CandleRow, candlesQuery } from "@/lib/queries/market"
import layout from "../../shared/layout.module.css"
import { TradeChart } from "./trade-chart"
import classes from "./trade-drawer.module.css"
import { candleRange } from "./trade-range"

interface Props {
  run: Run
  trade: Trade | undefined
  onClose: () => void
  previous: (() => void) | undefined
  next: (() => void) | undefined
}

/** One trade in a side panel: chart, figures and reasons. */
export function TradeDrawer({ run, trade, onClose, previous, next }: Props) {
  return (
    <SideDialog
      opened={trade !== undefined}
      onClose={onClose}
      size="min(760px, 100%)"
      title={
        trade && (
          <Group gap="xs" wrap="nowrap">
            <Text fw={600} fz={16} truncate miw={0}>
              {trade.symbol}
            </Text>
            <Text size="sm" c="dimmed" truncate miw={0} visibleFrom="xs">
              {trade.sector}
            </Text>
            <ActionIcon aria-label="Previous trade" disabled={!previous} onClick={previous}>
              <ChevronLeft size={16} />
            </ActionIcon>
            <ActionIcon aria-label="Next trade" disabled={!next} onClick={next}>
              <ChevronRight size={16} />
            </ActionIcon>
          </Group>
        )
      }
    >
      {trade && <TradeDetail run={run} trade={trade} />}
    </SideDialog>
  )
}

function TradeDetail({ run, trade }: { run: Run; trade: Trade }) {
  const range = candleRange(trade, run.summary.end_date)
  const candles = useQuery(candlesQuery({ symbol: trade.symbol, dataSet: run.data_set, ...range }))
  const points = useMemo(() => whole(candles.data?.candles ?? []), [candles.data])
  return (
    <Stack gap="md">
      {candles.isPending && <Skeleton height={360} />}
      {candles.error && <ErrorState error={candles.error} what="The candles" retry={candles.refetch} />}
      {candles.data && <TradeChart trade={trade} candles={points} />}
      <dl className={layout.stats}>
        <Stat label="Net P&L" value={<Delta kind="money" value={trade.net_pnl} decimals={2} />} />
        <Stat label="Return" value={<Delta value={trade.return_pct} decimals={2} />} />
        <Stat
          label="R multiple"
          hint="Result in multiples of the initial risk."
          value={number(trade.r_multiple, 2)}
        />
        <Stat label="Held" value={`${number(trade.bars_held)} days`} />
        <Stat
          label="Shares"
          hint={
            trade.wanted_quantity > trade.quantity
              ? `${quantity(trade.wanted_quantity)} were ordered; the volume limit allowed no more.`
              : undefined
          }
          value={
            trade.wanted_quantity > trade.quantity
              ? `${quantity(trade.quantity)} of ${quantity(trade.wanted_quantity)}`
              : quantity(trade.quantity)
          }
        />
        <Stat label="Invested" value={<Amount value={trade.invested} decimals={0} />} />
        <Stat label="Charges" value={<Amount value={trade.charges} />} />
        <Stat label="Slippage" value={<Amount value={trade.slippage} />} />
        {trade.dividends > 0 && <Stat label="Dividends" value={<Amount value={trade.dividends} />} />}
        <Stat label="Worst point" hint="Deepest loss while held (MAE)." value={percent(trade.mae_pct, 2)} />
        <Stat label="Best point" hint="Highest gain while held (MFE)." value={percent(trade.mfe_pct, 2)} />
        <Stat label="Add-ons" value={number(trade.addons)} />
        <Stat label="Initial stop" value={price(trade.initial_stop)} />
      </dl>
      <Reason title={`Bought ${date(trade.entry_date)}`}>
        {trade.entry_reason || "The entry conditions were met."}
      </Reason>
      <Reason title={trade.exit_date ? `Sold ${date(trade.exit_date)}` : "Still held"}>
        {trade.exit_reason_text}
      </Reason>
      <SignalDetail trade={trade} />
    </Stack>
  )
}

/** Candles with missing prices filled in from the close. */
function whole(rows: CandleRow[]): CandlePoint[] {
  return rows.map(({ date: day, open, high, low, close, volume }) => ({
    date: day,
    open: open ?? close,
    high: high ?? close,
    low: low ?? close,
    close,
    volume: volume ?? 0,
  }))
}

function Reason({ title, children }: { title: string; children: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text size="sm">{children.charAt(0).toUpperCase() + children.slice(1)}</Text>
    </div>
  )
}

/** Indicator values on the day of the signal, and the parts of the conviction. */
function SignalDetail({ trade }: { trade: Trade }) {
  const indicators = Object.entries(trade.indicators_at_entry)
  return (
    <div className={classes.signal}>
      {indicators.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>At the signal{trade.signal_date ? `, ${date(trade.signal_date)}` : ""}</Table.Th>
              <Table.Th ta="right">Value</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {indicators.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Td>{indicatorName(name)}</Table.Td>
                <Table.Td ta="right">{number(value, 2)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Conviction</Table.Th>
            <Table.Th ta="right">{number(trade.conviction, 1)}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {trade.conviction_breakdown.map((part) => (
            <Table.Tr key={part.name}>
              <Table.Td>{scorePartName(part.name)}</Table.Td>
              <Table.Td ta="right">{signed(part.points, 1)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}
