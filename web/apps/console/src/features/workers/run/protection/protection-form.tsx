import { Button, Checkbox, Group, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { discreet } from "@tradertape/ui/format.ts"
import { Plus } from "lucide-react"
import type { ReactNode } from "react"
import { symbolOf } from "@/lib/instrument"
import { type ProtectionSnapshot, type RunLeg, runCalls } from "@/lib/queries/workers"
import { type Draft, fieldErrors, positionOf, toDocument, toDraft, unprotected } from "./draft"
import { PositionFields } from "./position-fields"
import { ProtectionFrame } from "./protection-frame"
import { BasketFields } from "./rule-fields"

interface Props {
  id: string
  protection: ProtectionSnapshot | null
  chips: ReactNode
  legs: RunLeg[]
  isOver: boolean
}

/** The rules of the run's protection. The server validates them field by field. */
export function ProtectionForm({ id, protection, chips, legs, isOver }: Props) {
  const form = useForm<Draft>({ initialValues: toDraft(protection) })
  const { positions } = form.values
  const missing = unprotected(legs, positions)
  return (
    <ProtectionFrame
      id={id}
      form={form}
      note={
        protection?.reason
          ? `Last: ${discreet(protection.reason)}`
          : isOver
            ? "As it was when the run closed."
            : "Checked by the server on every tick, even without a running worker."
      }
      chips={chips}
      isOver={isOver}
      save={(draft) =>
        runCalls.saveProtection(
          id,
          toDocument(draft, protection?.backend_protection),
          draft.reason,
          draft.resets,
        )
      }
      place={fieldErrors}
      reasons={
        <>
          <TextInput
            label="Reason"
            placeholder="Optional; recorded in the timeline"
            maxLength={500}
            {...form.getInputProps("reason")}
          />
          <Checkbox
            size="xs"
            label="Restart trailing: discard the best prices so far"
            {...form.getInputProps("resets", { type: "checkbox" })}
          />
        </>
      }
    >
      {positions.map((position, index) => (
        <PositionFields
          key={`${index} ${positions.length}`}
          form={form}
          index={index}
          name={symbolOf(position.symbol) || `Position ${index + 1}`}
          status={protection?.legs[index]?.status}
          held={heldOf(legs, position.symbol, position.product)}
          isOver={isOver}
        />
      ))}
      {typeof form.errors.positions === "string" && (
        <Text size="sm" c="red" role="alert">
          {form.errors.positions}
        </Text>
      )}
      <Group gap={8}>
        {missing.map((leg) => (
          <Button
            key={`${leg.instrument} ${leg.product}`}
            variant="default"
            leftSection={<Plus size={14} />}
            onClick={() => form.insertListItem("positions", positionOf(leg))}
          >
            Protect {symbolOf(leg.instrument)} {leg.product}
          </Button>
        ))}
        {missing.length === 0 && positions.length === 0 && (
          <Text size="sm" c="dimmed">
            Rules for single positions can be added once the run has an open position.
          </Text>
        )}
      </Group>
      <BasketFields form={form} />
    </ProtectionFrame>
  )
}

/** Units of a position that the run holds; negative if short. */
function heldOf(legs: readonly RunLeg[], symbol: string, product: string): number {
  return legs.find((leg) => leg.instrument === symbol && leg.product === product)?.quantity ?? 0
}
