import { Select, Stack, Switch, TagsInput, TextInput } from "@mantine/core"
import type { UseFormReturnType } from "@mantine/form"
import { NumberField } from "@/components/forms/price-input"
import type { Options } from "@/lib/queries/backtests"
import type { Fields } from "./defaults"
import classes from "./form.module.css"

interface Props {
  form: UseFormReturnType<Fields>
  options: Options
}

export function AdvancedFields({ form, options }: Props) {
  const { method } = form.values.sizing
  return (
    <Stack gap="sm">
      <div className={classes.grid}>
        <Select label="Fills" data={options.fill_models} {...form.getInputProps("fill_model")} />
        <Select
          label="Stop and target on one day"
          data={options.intrabar_orders}
          {...form.getInputProps("intrabar_order")}
        />
        <Select label="Charges" data={options.charges} {...form.getInputProps("charges")} />
        <NumberField
          size="xs"
          label="Slippage (basis points)"
          description="Per side: 5 is 0.05% of the price"
          {...form.getInputProps("slippage_bps")}
        />
        <NumberField
          size="xs"
          label="Volume limit (%)"
          description="Largest share of a stock's daily volume; 0 means no limit"
          {...form.getInputProps("participation_pct")}
        />
        <Select label="Sizing" data={options.sizing_methods} {...form.getInputProps("sizing.method")} />
        {(method === "risk_pct" || method === "atr") && (
          <NumberField
            size="xs"
            label="Risk per trade (% of equity)"
            step={0.25}
            {...form.getInputProps("sizing.risk_per_trade_pct")}
          />
        )}
        <Select label="Benchmark" data={options.benchmarks} {...form.getInputProps("benchmark")} />
        <NumberField
          size="xs"
          label="Risk-free rate (% per year)"
          description="For Sharpe and Sortino"
          step={0.25}
          {...form.getInputProps("risk_free_pct")}
        />
        <NumberField
          size="xs"
          label="Seed"
          decimals={0}
          description="Repeats the same random numbers"
          {...form.getInputProps("seed")}
        />
      </div>
      <Switch
        size="xs"
        label="Circuit limits"
        description="No buying at the upper circuit, no selling at the lower."
        {...form.getInputProps("circuit_limits", { type: "checkbox" })}
      />
      <Switch
        size="xs"
        label="Dividends"
        description="Credited in cash on the ex-date, if prices are adjusted for splits only."
        {...form.getInputProps("dividends", { type: "checkbox" })}
      />
      <Switch
        size="xs"
        label="Historical universe membership"
        description="If off, today's members are used for all years. This introduces survivorship bias, and the result shows a warning."
        {...form.getInputProps("point_in_time_universe", { type: "checkbox" })}
      />
      <div className={classes.grid}>
        <TextInput
          size="xs"
          label="Run name"
          placeholder="The strategy's name"
          maxLength={120}
          {...form.getInputProps("name")}
        />
        <TagsInput size="xs" label="Tags" placeholder="idea-7" maxTags={20} {...form.getInputProps("tags")} />
      </div>
    </Stack>
  )
}
