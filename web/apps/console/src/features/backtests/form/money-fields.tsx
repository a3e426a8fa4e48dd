import type { UseFormReturnType } from "@mantine/form"
import { AmountInput, NumberField } from "@/components/forms/price-input"
import { QuantityInput } from "@/components/forms/quantity-input"
import type { Fields } from "./defaults"
import classes from "./form.module.css"

export function MoneyFields({ form }: { form: UseFormReturnType<Fields> }) {
  const common = { size: "xs" } as const
  return (
    <div className={classes.grid}>
      <AmountInput
        {...common}
        label="Starting capital (₹)"
        step={100_000}
        {...form.getInputProps("starting_capital")}
      />
      <NumberField
        {...common}
        label="Position size (% of equity)"
        {...form.getInputProps("position_size_pct")}
      />
      <QuantityInput {...common} label="Maximum open positions" {...form.getInputProps("max_positions")} />
      <QuantityInput
        {...common}
        label="Maximum positions per sector"
        description="0 means no limit"
        {...form.getInputProps("max_per_sector")}
      />
    </div>
  )
}
