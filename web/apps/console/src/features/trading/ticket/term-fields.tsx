import { Group, Select } from "@mantine/core"
import { PriceInput } from "@/components/forms/price-input"
import { QuantityInput } from "@/components/forms/quantity-input"
import type { Instrument } from "@/lib/queries/live"
import {
  type Draft,
  hasPrice,
  hasTrigger,
  ORDER_TYPES,
  type OrderType,
  PRODUCTS,
  type Product,
  productsOf,
} from "./draft"

interface Props {
  draft: Draft
  instrument: Instrument | undefined
  errors: Record<string, string>
  /** Of an order that is changed its product and type stay. */
  isChange: boolean
  onEdit: (changed: Partial<Draft>) => void
}

/** Quantity, product, type and prices of an order. */
export function TermFields({ draft, instrument, errors, isChange, onEdit }: Props) {
  const step = instrument?.tick_size ?? 0.05
  return (
    <>
      {!isChange && (
        <Group gap="sm" align="flex-start" grow>
          <Select
            label="Product"
            allowDeselect={false}
            data={productsOf(instrument).map((value) => ({ value, label: `${PRODUCTS[value]} (${value})` }))}
            value={draft.product}
            error={errors.product}
            onChange={(value) => value && onEdit({ product: value as Product })}
          />
          <Select
            label="Type"
            allowDeselect={false}
            data={Object.entries(ORDER_TYPES).map(([value, label]) => ({ value, label }))}
            value={draft.type}
            error={errors.order_type}
            onChange={(value) => value && onEdit({ type: value as OrderType })}
          />
        </Group>
      )}
      <Group gap="sm" align="flex-start" grow>
        <QuantityInput
          label="Quantity"
          lot={instrument?.lot_size ?? 1}
          value={draft.quantity}
          error={errors.quantity}
          onChange={(quantity) => onEdit({ quantity })}
        />
        {hasTrigger(draft.type) && (
          <PriceInput
            label="Trigger price"
            step={step}
            value={draft.trigger}
            error={errors.trigger_price}
            onChange={(trigger) => onEdit({ trigger })}
          />
        )}
        {hasPrice(draft.type) && (
          <PriceInput
            label="Limit price"
            step={step}
            value={draft.price}
            error={errors.price}
            onChange={(price) => onEdit({ price })}
          />
        )}
      </Group>
    </>
  )
}
