import { Alert, Button, CopyButton, Group, SegmentedControl, Slider, Stack, Text } from "@mantine/core"
import { useMutation, useQuery } from "@tanstack/react-query"
import type { OptionSession, PreviewedStrategy } from "@tradertape/api/generated/types.gen.ts"
import { EChart } from "@tradertape/ui/charts/echart.tsx"
import { discreet, words } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { Check, Code, Layers, TriangleAlert } from "lucide-react"
import { useCallback, useMemo, useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { notifyFailure } from "@/lib/notify"
import { optionCalls, previewQuery } from "@/lib/queries/options"
import classes from "./builder.module.css"
import { CreateRun } from "./create-run"
import { Figures } from "./figures"
import type { Leg } from "./legs"
import { LegsTable } from "./legs-table"
import { curveDay, payoffOption } from "./payoff-option"
import { pythonOf } from "./python"
import { Templates } from "./templates"

interface Props {
  session: OptionSession
  expiry: string
  legs: Leg[]
  onLegs: (legs: Leg[]) => void
}

type Product = "NRML" | "MIS"

/** A multi-leg strategy: payoff, margin and charges, computed by the server as prices change. */
export function Builder({ session, expiry, legs, onLegs }: Props) {
  const [product, setProduct] = useState<Product>("NRML")
  const [days, setDays] = useState<number | null>(null)
  const preview = useQuery(
    previewQuery({
      underlying: session.underlying,
      product,
      days_ahead: days,
      legs: legs.map(({ symbol, side, lots }) => ({
        tradingsymbol: symbol,
        exchange: session.exchange,
        transaction_type: side,
        lots,
      })),
    }),
  )
  const moving = useMutation({
    mutationFn: async ({ leg, to }: { leg: Leg; to: { expiry: string; strike: number } }) => {
      const type = leg.symbol.endsWith("PE") ? "PE" : "CE"
      const found = await optionCalls.contract(session.underlying, to.expiry, type, to.strike)
      return { leg, symbol: found?.tradingsymbol ?? leg.symbol }
    },
    onSuccess: ({ leg, symbol }) => onLegs(moved(legs, leg, symbol)),
    onError: (error) => notifyFailure("The contract does not exist", error),
  })
  const worked = useMemo(
    () => new Map((preview.data?.legs ?? []).map((leg) => [leg.tradingsymbol, leg])),
    [preview.data],
  )
  const take = (found: PreviewedStrategy) =>
    onLegs(
      found.legs.map((leg) => ({ side: leg.transaction_type, lots: leg.lots, symbol: leg.tradingsymbol })),
    )
  const templates = <Templates underlying={session.underlying} expiry={expiry} onLegs={take} />

  if (legs.length === 0)
    return (
      <Section title="Strategy" action={templates}>
        <EmptyState icon={<Layers size={28} />} title="No legs yet">
          Point at a row of the chain and press B or S, or start from a well-known strategy. Its payoff,
          margin and charges are shown before a run is created from it.
        </EmptyState>
      </Section>
    )
  const action = (
    <Group gap={8} justify="flex-end">
      <Button variant="subtle" color="gray" onClick={() => onLegs([])}>
        Clear
      </Button>
      {preview.data && <CopyPython session={session} preview={preview.data} product={product} />}
      {templates}
      {preview.data && !preview.error && <CreateRun preview={preview.data} product={product} />}
    </Group>
  )
  return (
    <Section title="Strategy" note="Current prices: bought at the ask, sold at the bid." action={action}>
      <div className={classes.builder}>
        <Stack gap="sm">
          <LegsTable
            legs={legs}
            worked={worked}
            session={session}
            onChange={onLegs}
            onMove={(leg, to) => moving.mutate({ leg, to })}
          />
          <SegmentedControl
            aria-label="Product"
            w="fit-content"
            value={product}
            onChange={(value) => setProduct(value as Product)}
            data={[
              { value: "NRML", label: "Carry (NRML)" },
              { value: "MIS", label: "Intraday (MIS)" },
            ]}
          />
          {preview.data && !preview.error && <Figures preview={preview.data} />}
          {preview.data?.warnings.map((warning) => (
            <Alert
              key={warning.code + warning.message}
              color={warning.severity === "high" ? "red" : "yellow"}
              icon={<TriangleAlert size={16} />}
              p="xs"
              title={words(warning.code)}
            >
              {discreet(warning.message)}
            </Alert>
          ))}
        </Stack>
        {preview.error ? (
          <ErrorState error={preview.error} what="The payoff" retry={() => void preview.refetch()} />
        ) : (
          <Payoff preview={preview.data} days={days} onDays={setDays} />
        )}
      </div>
    </Section>
  )
}

/** Replace the contract of one leg, unless another leg already has it. */
function moved(legs: readonly Leg[], leg: Leg, symbol: string): Leg[] {
  const isTaken = legs.some((one) => one.symbol === symbol && one !== leg)
  return isTaken ? [...legs] : legs.map((one) => (one.symbol === leg.symbol ? { ...one, symbol } : one))
}

interface PayoffProps {
  preview: PreviewedStrategy | undefined
  days: number | null
  onDays: (days: number | null) => void
}

function Payoff({ preview, days, onDays }: PayoffProps) {
  const option = useCallback(
    (tokens: Tokens) => (preview ? payoffOption({ preview, days }, tokens) : {}),
    [preview, days],
  )
  const left = preview ? daysUntil(preview) : 0
  return (
    <div className={classes.payoff}>
      <div className={classes.legend}>
        <span data-curve="expiry">At expiry</span>
        <span data-curve="day">{curveDay(days)}</span>
        <span data-curve="spot">Spot</span>
      </div>
      <EChart option={option} height={320} label="Profit of the strategy by price of the underlying" />
      {left >= 1 && (
        <Group gap="md" wrap="nowrap" px={8}>
          <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
            {curveDay(days)}
          </Text>
          <Slider
            flex={1}
            size="sm"
            min={0}
            max={left}
            value={days ?? 0}
            onChange={(value) => onDays(value || null)}
            label={curveDay}
            thumbLabel="Day of the dashed curve, in days from now"
          />
          <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
            Expiry
          </Text>
        </Group>
      )}
    </div>
  )
}

/** Whole days from now to the first expiry. */
function daysUntil(preview: PreviewedStrategy): number {
  const end = new Date(`${preview.expiry}T15:30:00+05:30`).getTime()
  return Math.floor((end - new Date(preview.updated_at).getTime()) / 86_400_000)
}

interface CopyProps {
  session: OptionSession
  preview: PreviewedStrategy
  product: string
}

function CopyPython({ session, preview, product }: CopyProps) {
  const code = pythonOf({
    session,
    legs: preview.legs,
    product,
    name: preview.strategy_name ?? "my_strategy",
    origin: window.location.origin,
  })
  return (
    <CopyButton value={code}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          leftSection={copied ? <Check size={14} /> : <Code size={14} />}
          onClick={copy}
        >
          {copied ? "Copied" : "Copy as Python"}
        </Button>
      )}
    </CopyButton>
  )
}
