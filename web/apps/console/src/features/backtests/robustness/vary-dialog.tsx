import { Button, Group, Select, Stack, Text } from "@mantine/core"
import type { Run } from "@tradertape/api/backtest.ts"
import { count } from "@tradertape/ui/format.ts"
import { useMemo, useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { outsideText, RequiredNumber } from "@/components/forms/required-number"
import type { NewStudy, Range } from "@/lib/queries/studies"
import { numbersOf, rangeAround, sizeOf, type VariedNumber } from "./varied-numbers"

export type VaryingKind = "sweep" | "search" | "walk_forward"

interface Props {
  run: Run
  kind: VaryingKind
  isBusy: boolean
  onStart: (study: NewStudy) => void
  onClose: () => void
}

type Metric = NonNullable<NewStudy["metric"]>

interface Axis {
  key: string
  range: Range
}

const METRICS: { value: Metric; label: string }[] = [
  { value: "sharpe", label: "Sharpe" },
  { value: "cagr", label: "CAGR" },
  { value: "max_drawdown", label: "Max drawdown" },
  { value: "profit_factor", label: "Profit factor" },
]

const TITLES: Record<VaryingKind, string> = {
  sweep: "Parameter sweep",
  search: "Parameter search",
  walk_forward: "Walk-forward",
}

const MAX_RUNS = 400
const MOST = { trials: 1000, train: 240, test: 120 }
const MAX_AXES: Record<VaryingKind, number> = { sweep: 2, search: 6, walk_forward: 2 }

/** Selects numbers of the strategy and the values to try. */
export function VaryDialog({ run, kind, isBusy, onStart, onClose }: Props) {
  const numbers = useMemo(() => numbersOf(run.strategy_snapshot), [run])
  const [axes, setAxes] = useState<Axis[]>(() => numbers.slice(0, 1).map(axisOf))
  const [metric, setMetric] = useState<Metric>("sharpe")
  const [months, setMonths] = useState({ train: 24, test: 6 })
  const [trials, setTrials] = useState(100)
  const runs = axes.reduce((product, { range }) => product * sizeOf(range), axes.length > 0 ? 1 : 0)
  const isWalk = kind === "walk_forward"
  const isSearch = kind === "search"
  const isTooMany = !isSearch && runs > MAX_RUNS
  const isOutside =
    (isSearch && outsideText(trials, 1, MOST.trials) !== null) ||
    (isWalk &&
      [outsideText(months.train, 1, MOST.train), outsideText(months.test, 1, MOST.test)].some(Boolean))
  const unused = numbers.filter(({ key }) => !axes.some((axis) => axis.key === key))
  const start = () =>
    onStart({
      kind,
      run_id: run.run_id,
      metric,
      parameters: Object.fromEntries(axes.map(({ key, range }) => [key, range])),
      ...(isWalk ? { train_months: months.train, test_months: months.test } : {}),
      ...(isSearch ? { trials: Math.min(trials, runs) } : {}),
    })
  const change = (at: number, axis: Axis) => setAxes(axes.with(at, axis))
  return (
    <Dialog opened onClose={onClose} title={TITLES[kind]} size="lg">
      <Stack gap="sm">
        {axes.map((axis, i) => (
          <AxisFields
            key={i}
            axis={axis}
            numbers={numbers}
            number={i + 1}
            onChange={(next) => change(i, next)}
          />
        ))}
        {axes.length < MAX_AXES[kind] && unused.length > 0 && (
          <Button
            variant="subtle"
            w="fit-content"
            onClick={() => setAxes([...axes, ...unused.slice(0, 1).map(axisOf)])}
          >
            Vary another number
          </Button>
        )}
        <Group grow>
          <Select
            label="Maximise"
            data={METRICS}
            value={metric}
            onChange={(value) => setMetric(METRICS.find((one) => one.value === value)?.value ?? metric)}
          />
          {isSearch && <Count label="Trials" most={MOST.trials} value={trials} onChange={setTrials} />}
          {isWalk && (
            <>
              <Count
                most={MOST.train}
                label="Optimise on (months)"
                value={months.train}
                onChange={(train) => setMonths({ ...months, train })}
              />
              <Count
                most={MOST.test}
                label="Test on (months)"
                value={months.test}
                onChange={(test) => setMonths({ ...months, test })}
              />
            </>
          )}
        </Group>
        <Group justify="space-between">
          <Text size="xs" c={isTooMany ? "var(--tt-loss)" : "dimmed"}>
            {isSearch && `${count(Math.min(trials, runs), "trial")} among `}
            {count(runs, "combination")}
            {isWalk ? " in every window" : ""}
            {isTooMany ? `, at most ${MAX_RUNS}: use a larger step` : ""}
          </Text>
          <Button loading={isBusy} disabled={runs === 0 || isTooMany || isOutside} onClick={start}>
            Start
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

function axisOf(entry: VariedNumber): Axis {
  return { key: entry.key, range: rangeAround(entry.value) }
}

interface AxisProps {
  axis: Axis
  numbers: VariedNumber[]
  number: number
  onChange: (axis: Axis) => void
}

function AxisFields({ axis, numbers, number, onChange }: AxisProps) {
  const options = numbers.map(({ key, label, value }) => ({ value: key, label: `${label} (now ${value})` }))
  const pick = (key: string | null) => {
    const entry = numbers.find((one) => one.key === key)
    if (entry) onChange(axisOf(entry))
  }
  const set = (part: keyof Range) => (value: number | null) =>
    value !== null && onChange({ ...axis, range: { ...axis.range, [part]: value } })
  return (
    <Group gap={8} align="flex-end" wrap="wrap">
      <Select
        label={`Number ${number}`}
        data={options}
        value={axis.key}
        onChange={pick}
        searchable
        style={{ flex: "1 1 240px" }}
      />
      {(["min", "max", "step"] as const).map((part) => (
        <RequiredNumber
          key={part}
          size="xs"
          w={84}
          label={{ min: "From", max: "To", step: "Step" }[part]}
          decimals={6}
          isSigned={part !== "step"}
          step={1}
          value={axis.range[part]}
          onChange={set(part)}
        />
      ))}
    </Group>
  )
}

function Count({
  label,
  most,
  value,
  onChange,
}: {
  label: string
  most: number
  value: number
  onChange: (value: number) => void
}) {
  return (
    <RequiredNumber
      size="xs"
      label={label}
      decimals={0}
      step={1}
      min={1}
      max={most}
      value={value}
      onChange={(next) => next !== null && onChange(next)}
    />
  )
}
