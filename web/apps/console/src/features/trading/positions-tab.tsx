import { Button, Group, Skeleton } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, price, quantity } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { Layers } from "lucide-react"
import { Fragment, type ReactNode, useMemo, useState } from "react"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { ScaledTrading } from "@/components/states/scaled-note"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { symbolOf } from "@/lib/instrument"
import { type TradingPosition, tradingPositionsQuery } from "@/lib/queries/trading"
import { useTickPart } from "@/lib/tick-parts"
import { Mode, Owner, Scaled, Who } from "./cells"
import { ConvertDialog, convertedProduct } from "./convert-dialog"
import { ExitDialog, type ExitOf } from "./exit-dialog"
import { isOfElsewhere, isOfPortfolio, portfolioOf } from "./owners"
import type { TicketStart } from "./ticket/ticket-form"
import { totalsByMoney } from "./totals"
import classes from "./trading.module.css"

interface Props {
  action: ReactNode
  isShown: boolean
  onTicket: (start: TicketStart) => void
}

const keyOf = (p: TradingPosition) => `${p.account_scope} ${p.run} ${p.instrument} ${p.product}`
const BY_NAME = [{ id: "instrument", desc: false }]

/** Open positions of all accounts, at live prices. */
export function PositionsTab({ action, isShown, onTicket }: Props) {
  const positions = useQuery(tradingPositionsQuery)
  const [exit, setExit] = useState<ExitOf | null>(null)
  const [converted, setConverted] = useState<TradingPosition | null>(null)
  const rows = positions.data
  const scaled = rows?.filter((one) => one.scaled).length ?? 0
  useScaled(isShown && scaled > 0)
  if (positions.error && !rows)
    return <ErrorState error={positions.error} what="Your positions" retry={() => void positions.refetch()} />
  if (!rows) return <Skeleton height={320} />
  const byHand = [
    ...new Set(
      rows.filter((p) => p.run === null && !isOfPortfolio(p.account_scope)).map((p) => p.account_scope),
    ),
  ]
  return (
    <>
      <ScaledTrading mb="md" shown={scaled > 0} some={scaled < rows.length && "other accounts"} />
      {rows.length > 0 && (
        <dl className={classes.totals} aria-label="Totals">
          {totalsByMoney(rows).map(({ name, unrealised, value }) => (
            <Fragment key={name}>
              <Stat
                big
                label={`Unrealised${name}`}
                value={<Delta kind="money" decimals={2} value={unrealised} />}
              />
              <Stat label={`Value${name}`} value={<Amount value={value} />} />
            </Fragment>
          ))}
        </dl>
      )}
      <Section
        title={count(rows.length, "open position")}
        flush
        action={byHand.map((scope) => (
          <Button key={scope} variant="default" size="xs" onClick={() => setExit({ account_scope: scope })}>
            Exit all on {scope}
          </Button>
        ))}
      >
        {rows.length === 0 ? (
          <EmptyState icon={<Layers size={30} />} title="No open positions" action={action}>
            What your orders, GTTs and runs hold on paper accounts and at brokers appears here.
          </EmptyState>
        ) : (
          <Table rows={rows} onTicket={onTicket} onExit={setExit} onConvert={setConverted} />
        )}
      </Section>
      {exit && <ExitDialog of={exit} onClose={() => setExit(null)} />}
      {converted && <ConvertDialog of={converted} onClose={() => setConverted(null)} />}
    </>
  )
}

function Last({ position }: { position: TradingPosition }) {
  const last = useTickPart(position.instrument, (tick) => tick.ltp) ?? position.last_price
  return <>{price(last)}</>
}

/** At the live price; the server's figure until there is one. */
function Unrealised({ position }: { position: TradingPosition }) {
  const last = useTickPart(position.instrument, (tick) => tick.ltp)
  const value = last === undefined ? position.unrealised : (last - position.average_price) * position.quantity
  return <Delta kind="money" decimals={2} value={value} />
}

interface ActionProps extends Pick<Props, "onTicket"> {
  position: TradingPosition
  onExit: (of: ExitOf) => void
  onConvert: (of: TradingPosition) => void
}

function Actions({ position, onTicket, onExit, onConvert }: ActionProps) {
  const { account_scope, instrument, product, run, quantity } = position
  const portfolio = portfolioOf(account_scope, run)
  if (portfolio)
    return (
      <LinkButton to="/portfolios/$id" params={{ id: portfolio }} variant="default" size="compact-xs">
        Open portfolio
      </LinkButton>
    )
  if (isOfElsewhere(run)) return null // closed where it was opened
  if (run)
    return (
      <LinkButton to="/workers/$id" params={{ id: run }} variant="default" size="compact-xs">
        Open run
      </LinkButton>
    )
  const side = quantity > 0 ? "BUY" : "SELL"
  return (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`Add to ${symbolOf(instrument)}`}
        onClick={() => onTicket({ instrument, account: account_scope, side, product })}
      >
        Add
      </Button>
      {convertedProduct(position) && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Convert ${symbolOf(instrument)}`}
          onClick={() => onConvert(position)}
        >
          Convert
        </Button>
      )}
      <Button
        size="compact-xs"
        color="red"
        variant="light"
        aria-label={`Exit ${symbolOf(instrument)}`}
        onClick={() => onExit({ account_scope, instrument, product: product as ExitOf["product"] })}
      >
        Exit
      </Button>
    </Group>
  )
}

function Table({
  rows,
  onTicket,
  onExit,
  onConvert,
}: { rows: TradingPosition[] } & Omit<ActionProps, "position">) {
  const isPhone = useMediaQuery("(max-width: 699px)", false)
  const columns = useMemo((): Column<TradingPosition>[] => {
    return [
      {
        id: "instrument",
        header: "Instrument",
        isText: true,
        value: (p) => p.instrument,
        cell: (p) => <Who id={p.instrument} />,
      },
      { id: "product", header: "Product", isText: true, value: (p) => p.product, cell: (p) => p.product },
      { id: "quantity", header: "Quantity", value: (p) => p.quantity, cell: (p) => quantity(p.quantity) },
      {
        id: "average",
        header: "Average (₹)",
        value: (p) => p.average_price,
        cell: (p) => price(p.average_price),
      },
      { id: "last", header: "Last (₹)", value: (p) => p.last_price, cell: (p) => <Last position={p} /> },
      {
        id: "unrealised",
        header: "Unrealised (₹)",
        value: (p) => p.unrealised,
        cell: (p) => <Unrealised position={p} />,
      },
      {
        id: "account",
        header: "Account",
        isText: true,
        value: (p) => p.account_scope,
        cell: (p) => (
          <>
            {p.account_scope} {p.kind === "broker" && <Mode environment={p.environment} />}
            {p.scaled && <Scaled />}
          </>
        ),
      },
      {
        id: "owner",
        header: "Source",
        isText: true,
        value: (p) => p.run,
        cell: (p) => <Owner run={p.run} scope={p.account_scope} />,
      },
      {
        id: "more",
        isPinned: true,
        header: <span className={classes.hidden}>Add, convert or exit</span>,
        isSortable: false,
        value: () => null,
        cell: (p) => <Actions position={p} onTicket={onTicket} onExit={onExit} onConvert={onConvert} />,
      },
    ]
  }, [onTicket, onExit, onConvert])
  if (isPhone)
    return (
      <ul className={classes.rows} aria-label="Positions">
        {rows.map((p) => (
          <li key={keyOf(p)} className={classes.row}>
            <Who id={p.instrument} />
            <Unrealised position={p} />
            <span className={classes.small}>
              {quantity(p.quantity)} {p.product} at {price(p.average_price)}, last <Last position={p} />
            </span>
            <Actions position={p} onTicket={onTicket} onExit={onExit} onConvert={onConvert} />
            <span className={`${classes.wide} ${classes.small}`}>
              {p.account_scope}, <Owner run={p.run} scope={p.account_scope} />
            </span>
          </li>
        ))}
      </ul>
    )
  return (
    <DataTable
      label="Positions"
      rows={rows}
      columns={columns}
      rowKey={keyOf}
      sortedBy={BY_NAME}
      minWidth={980}
      maxHeight={640}
    />
  )
}
