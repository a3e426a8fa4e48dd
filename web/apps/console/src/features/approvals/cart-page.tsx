import { Button, Skeleton, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { exact } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { ShoppingCart } from "lucide-react"
import { useMemo, useRef, useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { Failure } from "@/components/states/failure"
import { ScaledTrading } from "@/components/states/scaled-note"
import { DataTable } from "@/components/table/data-table"
import {
  modelCalls,
  modelSignalsQuery,
  type Portfolio,
  portfoliosQuery,
  refreshModels,
  type Signal,
} from "@/lib/queries/models"
import classes from "./approvals.module.css"
import { cartColumns } from "./cart/cart-columns"
import { PlacedResults } from "./cart/placed-results"
import { placingWords, totalOf } from "./cart/totals"
import { useDecide } from "./use-decide"

const CRUMBS = [{ label: "Approvals", to: "/approvals" }]

/** What is approved and not placed yet: check it, then place it. */
export function CartPage() {
  const { data, error, refetch } = useQuery(modelSignalsQuery(["in_cart"]))
  const portfolios = useQuery(portfoliosQuery(true))
  const names = useMemo(() => new Map((portfolios.data ?? []).map((one) => [one.id, one])), [portfolios.data])
  const client = useQueryClient()
  // A double click comes before the button is drawn as busy: the answer to its second half would be shown alone.
  const isUnderWay = useRef(false)
  const placing = useMutation({
    mutationFn: modelCalls.place,
    onSettled: () => {
      isUnderWay.current = false
      return refreshModels(client)
    },
  })
  const place = (signal_ids: number[], dry_run: boolean) => {
    if (isUnderWay.current) return
    isUnderWay.current = true
    placing.mutate({ signal_ids, dry_run })
  }
  return (
    <>
      <PageHeader
        title="Cart"
        crumbs={CRUMBS}
        note="Approved signals. Their amounts are committed until they are placed, removed, or expire."
      />
      <Stack gap="md">
        {error && !data && <ErrorState error={error} what="The cart" retry={() => void refetch()} />}
        {!data && !error && <Skeleton height={280} />}
        {data?.items.length === 0 && <EmptyCart />}
        {data && data.items.length > 0 && !portfolios.data && <Skeleton height={280} />}
        {data && data.items.length > 0 && portfolios.data && (
          <Filled signals={data.items} portfolios={names} isBusy={placing.isPending} onPlace={place} />
        )}
        <Failure error={placing.error} title="The cart was not placed" />
        {placing.data && <PlacedResults placed={placing.data} />}
      </Stack>
    </>
  )
}

interface FilledProps {
  signals: Signal[]
  portfolios: ReadonlyMap<number, Portfolio>
  isBusy: boolean
  onPlace: (ids: number[], isDryRun: boolean) => void
}

function Filled({ signals, portfolios, isBusy, onPlace }: FilledProps) {
  const [left, setLeft] = useState<readonly number[]>([])
  const [isAsking, setAsking] = useState(false)
  const decide = useDecide()
  const { mutate } = decide
  const chosen = useMemo(() => signals.filter(({ id }) => !left.includes(id)), [signals, left])
  const ids = chosen.map(({ id }) => id)
  // Asks twice unless it is known that no money moves.
  const isPaper = ({ portfolio_id }: Signal) => portfolios.get(portfolio_id)?.paper_mode === true
  const real = chosen.filter((one) => !isPaper(one))
  const isLive = real.length > 0
  const columns = useMemo(
    () =>
      cartColumns({
        portfolios,
        chosen: chosen.map(({ id }) => id),
        onToggle: (id) =>
          setLeft((all) => (all.includes(id) ? all.filter((one) => one !== id) : [...all, id])),
        onRemove: (id) => mutate({ ids: [id], decision: "reject" }),
      }),
    [portfolios, chosen, mutate],
  )
  const scaled = signals.filter((one) => portfolios.get(one.portfolio_id)?.scaled).length
  useScaled(scaled > 0)
  const hasAgents = chosen.some(({ portfolio_id }) => portfolios.get(portfolio_id)?.placed_by === "agent")
  const words = placingWords(real, chosen.filter(isPaper))
  return (
    <Section title="In the cart" flush>
      <ScaledTrading m="md" shown={scaled > 0} some={scaled < signals.length && "other portfolios"} />
      <DataTable
        label="Cart"
        rows={signals}
        columns={columns}
        rowKey={(row) => String(row.id)}
        minWidth={1020}
      />
      <div className={classes.total}>
        <Text size="sm">
          {chosen.length} of {signals.length} chosen, <Amount value={totalOf(chosen)} /> in all
        </Text>
        <span className={classes.decide}>
          <Button
            variant="default"
            disabled={isBusy || chosen.length === 0}
            onClick={() => onPlace(ids, true)}
            title="Say what would become of each; place nothing"
          >
            Dry run
          </Button>
          <Button
            color={isLive ? "red" : undefined}
            loading={isBusy}
            disabled={chosen.length === 0}
            onClick={() => (isLive ? setAsking(true) : onPlace(ids, false))}
          >
            {words}
          </Button>
        </span>
      </div>
      <Confirm
        opened={isAsking}
        title={`Spend up to ${exact.money(totalOf(real), 0)} of real money?`}
        verb={words}
        isBusy={isBusy}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false)
          onPlace(ids, false)
        }}
      >
        {`Orders of live portfolios go to your broker now and spend up to ${exact.money(totalOf(real), 0)}.${
          hasAgents ? " Those that your agent places wait until it asks for them, within half a minute." : ""
        }`}
      </Confirm>
    </Section>
  )
}

function EmptyCart() {
  return (
    <Section title="In the cart">
      <EmptyState
        icon={<ShoppingCart size={28} />}
        title="The cart is empty"
        action={
          <LinkButton to="/approvals" variant="default">
            Approvals
          </LinkButton>
        }
      >
        Signals that you approve wait here until you place them.
      </EmptyState>
    </Section>
  )
}
