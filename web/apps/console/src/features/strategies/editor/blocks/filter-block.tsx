import { Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useMemo } from "react"
import { symbolsQuery } from "@/lib/queries/market"
import { NumberField } from "../fields/number-field"
import { SwitchField } from "../fields/switch-field"
import { TextListField } from "../fields/text-list-field"
import classes from "./blocks.module.css"

export function FilterBlock() {
  const { data } = useQuery(symbolsQuery())
  const sectors = useMemo(() => [...new Set(data?.map((row) => row.sector))].filter(Boolean).sort(), [data])
  const symbols = useMemo(() => data?.map((row) => row.symbol) ?? [], [data])
  return (
    <Stack gap="md">
      <div className={classes.grid}>
        <NumberField
          path={["filters", "min_price"]}
          label="Price at least"
          unit="₹"
          off="off"
          min={0}
          step={10}
        />
        <NumberField
          path={["filters", "max_price"]}
          label="Price at most"
          unit="₹"
          off="off"
          min={0}
          step={10}
        />
        <NumberField
          path={["filters", "min_turnover_20d"]}
          label="Daily turnover at least"
          unit="₹"
          off="off"
          min={0}
          step={10_000_000}
          hint="20-day average"
        />
        <NumberField
          path={["filters", "min_history_bars"]}
          label="History at least"
          unit="days"
          min={0}
          max={2000}
          isWhole
        />
        <NumberField
          path={["filters", "exclude_result_days"]}
          label="Skip around results"
          unit="days"
          min={0}
          max={30}
          isWhole
        />
      </div>
      <div className={classes.grid}>
        <TextListField
          path={["filters", "include_sectors"]}
          label="Only these sectors"
          placeholder="all sectors"
          known={sectors}
        />
        <TextListField
          path={["filters", "exclude_sectors"]}
          label="Not these sectors"
          placeholder="none"
          known={sectors}
        />
        <TextListField
          path={["filters", "exclude_symbols"]}
          label="Not these stocks"
          placeholder="none"
          known={symbols}
          isUpper
        />
      </div>
      <SwitchField
        path={["filters", "exclude_surveillance"]}
        label="Exclude stocks under surveillance (ASM, GSM)"
      />
    </Stack>
  )
}
