import { Button, Group, Input, SegmentedControl, Stack, Text } from "@mantine/core"
import { PriceInput } from "@/components/forms/price-input"
import { QuantityInput } from "@/components/forms/quantity-input"
import { onTick } from "../distance"
import type { DraftLeg } from "./draft"

interface Props {
  title: string | null
  leg: DraftLeg
  tick: number
  lot: number
  last: number | undefined
  /** Validation messages by field name. */
  errorOf: (field: string) => string | undefined
  onChange: (leg: DraftLeg) => void
}

const STEPS = [-10, -5, -2, 2, 5, 10]

/** One leg: the trigger price and the order it places. */
export function LegFields({ title, leg, tick, lot, last, errorOf, onChange }: Props) {
  const name = title ? `${title}, ` : ""
  const setTrigger = (trigger: number | "") =>
    onChange({ ...leg, trigger, price: leg.price === leg.trigger ? trigger : leg.price })
  return (
    <Stack gap={8}>
      {title && (
        <Text size="sm" fw={600}>
          {title}
        </Text>
      )}
      <PriceInput
        label="Trigger price"
        aria-label={`${name}trigger price`}
        description="The order is placed when a trade reaches it"
        step={tick}
        value={leg.trigger}
        error={errorOf("trigger")}
        onChange={setTrigger}
      />
      {last !== undefined && (
        <Group gap={4}>
          {STEPS.map((step) => (
            <Button
              key={step}
              size="compact-xs"
              variant="default"
              aria-label={`${name}${step} percent from the last price`}
              onClick={() => setTrigger(onTick(last * (1 + step / 100), tick))}
            >
              {step > 0 ? `+${step}` : `−${-step}`}%
            </Button>
          ))}
        </Group>
      )}
      <Group gap="sm" align="flex-start" grow>
        <Input.Wrapper label="Side" labelElement="div">
          <SegmentedControl
            fullWidth
            aria-label={`${name}side`}
            value={leg.transaction_type}
            onChange={(value) => onChange({ ...leg, transaction_type: value === "BUY" ? "BUY" : "SELL" })}
            data={[
              { value: "BUY", label: "Buy" },
              { value: "SELL", label: "Sell" },
            ]}
          />
        </Input.Wrapper>
        <QuantityInput
          label="Quantity"
          aria-label={`${name}quantity`}
          lot={lot}
          value={leg.quantity}
          error={errorOf("quantity")}
          onChange={(quantity) => onChange({ ...leg, quantity })}
        />
        <PriceInput
          label="Limit price"
          aria-label={`${name}limit price`}
          step={tick}
          value={leg.price}
          error={errorOf("price")}
          onChange={(price) => onChange({ ...leg, price })}
        />
      </Group>
    </Stack>
  )
}
