import { Button, Group, Stack, Table, Text } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { number, percent, words } from "@tradertape/ui/format.ts"
import { fullStrength, strength } from "@/components/charts/heat"
import { ScrollRegion } from "@/components/page/scroll-region"
import { notifyFailure } from "@/lib/notify"
import { strategyCalls } from "@/lib/queries/strategies"
import type { HeatMap, Setting, SweepResult } from "@/lib/queries/studies"
import { figureText, GROUPS, HEADLINES } from "../shared/figures"
import classes from "./robustness.module.css"

const SHOWN = 10
const FIGURES = ["cagr", "max_drawdown", "sharpe", "profit_factor", "total_trades"]
const KNOWN = [...HEADLINES, ...GROUPS.flatMap(({ figures }) => figures)]

type Naming = (key: string) => string

function settingsText(parameters: Record<string, Setting>, name: Naming): string {
  return Object.entries(parameters)
    .map(
      ([key, value]) =>
        `${name(key)} ${typeof value === "number" ? number(value, value % 1 === 0 ? 0 : 2) : value}`,
    )
    .join(", ")
}

export function SweepView({ result, name }: { result: SweepResult; name: Naming }) {
  return (
    <Stack gap="md">
      {result.best && <Best result={result} best={result.best} name={name} />}
      {result.heat_maps.map((map) => (
        <Heat key={`${map.x} ${map.y}`} map={map} name={name} />
      ))}
      <ScrollRegion label="Combinations, table" isRepeated style={{ overflowX: "auto" }}>
        <Table miw={560}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Values</Table.Th>
              {FIGURES.map((key) => (
                <Table.Th key={key} ta="right">
                  {KNOWN.find((figure) => figure.key === key)?.label}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {result.ranked.slice(0, SHOWN).map((row) => (
              <Table.Tr key={JSON.stringify(row.parameters)}>
                <Table.Td>{settingsText(row.parameters, name)}</Table.Td>
                {FIGURES.map((key) => (
                  <Table.Td key={key} ta="right">
                    {figureText(
                      KNOWN.find((figure) => figure.key === key)?.kind ?? "ratio",
                      row[key] as number | null,
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollRegion>
    </Stack>
  )
}

interface BestProps {
  result: SweepResult
  best: NonNullable<SweepResult["best"]>
  name: Naming
}

function Best({ result, best, name }: BestProps) {
  const navigate = useNavigate()
  const saving = useMutation({
    mutationFn: () =>
      strategyCalls.create({ ...best.strategy, name: `${best.strategy.name} (tuned)`.slice(0, 120) }),
    onSuccess: (made) => navigate({ to: "/strategies/$id", params: { id: String(made.id) } }),
    onError: (error) => notifyFailure("The strategy was not saved", error),
  })
  const luck = best.deflated_sharpe === null ? null : best.deflated_sharpe * 100
  return (
    <Group justify="space-between" align="flex-start">
      <div>
        <Text size="sm">
          Best {words(result.metric)} of {number(result.runs)}: <b>{settingsText(best.parameters, name)}</b>
        </Text>
        {luck !== null && (
          <Text size="xs" c="dimmed">
            {percent(luck, 0)} likely to be better than chance after trying {number(best.trials)} variants.
          </Text>
        )}
      </div>
      <Button variant="default" loading={saving.isPending} onClick={() => saving.mutate()}>
        Save as a strategy
      </Button>
    </Group>
  )
}

function Heat({ map, name }: { map: HeatMap; name: Naming }) {
  const full = fullStrength(map.cells.flat())
  return (
    <ScrollRegion
      className={classes.heatFrame}
      label={`${words(map.metric)} by ${name(map.x)} and ${name(map.y)}`}
    >
      <table className={classes.heat}>
        <thead>
          <tr>
            <th scope="col">
              {name(map.y)} ↓ {name(map.x)} →
            </th>
            {map.x_values.map((value) => (
              <th key={String(value)} scope="col">
                {String(value)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {map.y_values.map((value, i) => (
            <tr key={String(value)}>
              <th scope="row">{String(value)}</th>
              {map.cells[i]?.map((cell, j) => {
                const tone = (cell ?? 0) >= 0 ? "gain" : "loss"
                const background = `rgba(var(--tt-rgb-${tone}), ${strength(cell, full).toFixed(2)})`
                return (
                  <td
                    key={j}
                    className={cell === null ? classes.empty : undefined}
                    style={cell === null ? undefined : { background }}
                  >
                    {number(cell, 2)}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
