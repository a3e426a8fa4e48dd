import { NumberInput } from "@mantine/core"
import type { UseFormReturnType } from "@mantine/form"
import type { Fields } from "./defaults"
import classes from "./form.module.css"

export function MoneyFields({ form }: { form: UseFormReturnType<Fields> }) {
  const common = { size: "xs", clampBehavior: "none" } as const
  return (
    <div className={classes.grid}>
      <NumberInput
        {...common}
        label="Starting capital (₹)"
        min={1_000}
        step={100_000}
        {...form.getInputProps("starting_capital")}
      />
      <NumberInput
        {...common}
        label="Position size (% of equity)"
        min={0.1}
        max={100}
        {...form.getInputProps("position_size_pct")}
      />
      <NumberInput
        {...common}
        label="Maximum open positions"
        min={1}
        max={500}
        {...form.getInputProps("max_positions")}
      />
      <NumberInput
        {...common}
        label="Maximum positions per sector"
        description="0 means no limit"
        min={0}
        max={500}
        {...form.getInputProps("max_per_sector")}
      />
    </div>
  )
}
