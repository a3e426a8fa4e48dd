import { Button, Group, Input, SegmentedControl, Select, Text, TextInput } from "@mantine/core"
import type { UseFormReturnType } from "@mantine/form"
import { Trash2 } from "lucide-react"
import { NumberField, PriceInput } from "@/components/forms/price-input"
import { QuantityInput } from "@/components/forms/quantity-input"
import type { Draft } from "./draft"
import classes from "./protection.module.css"

const SIDES = [
  { value: "BUY", label: "Bought" },
  { value: "SELL", label: "Sold" },
]

interface Props {
  form: UseFormReturnType<Draft>
  index: number
  name: string
  /** Undefined for an unsaved row. */
  status: string | undefined
  /** Units of the position that the run holds. */
  held: number
  isOver: boolean
}

/** One protected position and its three rules. */
export function PositionFields({ form, index, name, status, held, isOver }: Props) {
  const at = (field: string) => form.getInputProps(`positions.${index}.${field}`)
  return (
    <fieldset className={classes.group}>
      <legend>
        {name}
        {status === "done" && <span className="tt-muted"> · exited</span>}
        {!isOver && status === "armed" && held === 0 && <span className="tt-warn"> · no open position</span>}
        {status && status !== "done" && status !== "armed" && <span className="tt-warn"> · {status}</span>}
      </legend>
      <div className={`${classes.fields} ${classes.tight}`}>
        <TextInput size="xs" label="Instrument" placeholder="NSE:INFY" {...at("symbol")} />
        <Select label="Product" data={["CNC", "MIS", "NRML"]} {...at("product")} />
        <Input.Wrapper size="xs" label="Entered by" labelElement="div">
          <SegmentedControl fullWidth data={SIDES} aria-label={`${name}: entered by`} {...at("side")} />
        </Input.Wrapper>
        <QuantityInput size="xs" label="Quantity" {...at("quantity")} />
        <PriceInput size="xs" label="Entry price (₹)" step={0.05} decimals={4} {...at("entry_price")} />
        <NumberField isSigned size="xs" label="Stop (%)" placeholder="none" {...at("stoploss_pct")} />
        <NumberField isSigned size="xs" label="Target (%)" placeholder="none" {...at("target_pct")} />
        <NumberField
          isSigned
          size="xs"
          label="Trailing stop (%)"
          placeholder="none"
          {...at("trailing_stoploss_pct")}
        />
      </div>
      <Group justify="space-between" mt={8}>
        <Text size="xs" c="dimmed">
          Percent of the entry price.
        </Text>
        <Button
          variant="subtle"
          color="red"
          size="compact-xs"
          leftSection={<Trash2 size={13} />}
          onClick={() => form.removeListItem("positions", index)}
        >
          Remove protection of {name}
        </Button>
      </Group>
    </fieldset>
  )
}
