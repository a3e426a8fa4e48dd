import { Stack, Text } from "@mantine/core"
import { ConditionEditor } from "../conditions/condition-editor"
import { NumberField } from "../fields/number-field"
import { SelectField } from "../fields/select-field"
import classes from "./blocks.module.css"

const ORDERS = [
  { value: "gtt", label: "GTT trigger order" },
  { value: "market", label: "Market order" },
  { value: "limit", label: "Limit order" },
]

const SIDES = [
  { value: "auto", label: "Automatic" },
  { value: "above", label: "Above the close" },
  { value: "below", label: "Below the close" },
]

export function EntryBlock() {
  return (
    <Stack gap="md">
      <ConditionEditor path={["entry_rules"]} scope="entry" label="Entry" />
      <Text size="xs" fw={600} c="dimmed">
        Entry order
      </Text>
      <div className={classes.grid}>
        <SelectField path={["entry", "order"]} label="Order" options={ORDERS} />
        <SelectField path={["entry", "buffer_side"]} label="Trigger position" options={SIDES} />
        <NumberField
          path={["entry", "buffer_pct"]}
          label="Trigger distance"
          unit="%"
          min={0}
          max={50}
          step={0.1}
        />
        <NumberField
          path={["entry", "limit_offset_pct"]}
          label="Limit beyond trigger"
          unit="%"
          min={0}
          max={20}
          step={0.1}
        />
        <NumberField
          path={["entry", "valid_days"]}
          label="Order validity"
          unit="days"
          min={1}
          max={365}
          isWhole
        />
        <NumberField
          path={["entry", "cooldown_days"]}
          label="Pause after an exit"
          unit="days"
          min={0}
          max={365}
          isWhole
        />
      </div>
    </Stack>
  )
}
