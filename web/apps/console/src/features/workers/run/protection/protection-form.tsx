import { Alert, Button, Checkbox, Group, Stack, Switch, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { ApiError } from "@tradertape/api/client.ts"
import { Plus, ShieldCheck } from "lucide-react"
import type { ReactNode } from "react"
import { Section } from "@/components/section"
import { type ProtectionDocument, type RunLeg, runCalls } from "@/lib/queries/workers"
import { failureText, tellDone } from "@/lib/tell"
import { symbolOf } from "../../words"
import { type Draft, fieldErrors, positionOf, toDocument, toDraft, unprotected } from "./draft"
import { PositionFields } from "./position-fields"
import { BasketFields, OperationFields } from "./rule-fields"

interface Props {
  id: string
  document: ProtectionDocument | null
  chips: ReactNode
  reason: string | null
  /** What each protected position is doing, in the document's order. */
  statuses: string[]
  legs: RunLeg[]
  isOver: boolean
}

/** The rules of the run's protection; the server says what is wrong with them, field by field. */
export function ProtectionForm({ id, document, chips, reason, statuses, legs, isOver }: Props) {
  const client = useQueryClient()
  const form = useForm<Draft>({ initialValues: toDraft(document) })
  const saving = useMutation({
    mutationFn: (draft: Draft) => runCalls.saveProtection(id, toDocument(draft), draft.reason, draft.resets),
    onSuccess: () => {
      tellDone("The protection is saved and armed")
      return client.invalidateQueries({ queryKey: ["workers", "run", id] })
    },
    onError: (error) => {
      if (error instanceof ApiError) form.setErrors(fieldErrors(error.complaints))
    },
  })
  const missing = unprotected(legs, form.values.positions)
  return (
    <Section
      title="Protection"
      note={reason ? `Last: ${reason}` : "Watched by the server on every tick, also when the worker is gone."}
      action={<div>{chips}</div>}
    >
      <form onSubmit={form.onSubmit((draft) => saving.mutate(draft))} noValidate>
        <fieldset disabled={isOver} style={{ all: "unset", display: "contents" }}>
          <Stack gap="md">
            <Switch
              size="sm"
              label="Protect this run"
              {...form.getInputProps("enabled", { type: "checkbox" })}
            />
            {form.values.positions.map((position, index) => (
              <PositionFields
                key={`${index} ${form.values.positions.length}`}
                form={form}
                index={index}
                name={symbolOf(position.symbol) || `Position ${index + 1}`}
                status={statuses[index]}
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
              {missing.length === 0 && form.values.positions.length === 0 && (
                <Text size="sm" c="dimmed">
                  Rules for single positions can be added once the run holds something.
                </Text>
              )}
            </Group>
            <BasketFields form={form} />
            <OperationFields
              at={(field, type) => form.getInputProps(`operations.${field}`, type && { type })}
            />
            <TextInput
              label="Why"
              placeholder="Optional; stands in the timeline"
              maxLength={500}
              {...form.getInputProps("reason")}
            />
            <Checkbox
              size="xs"
              label="Begin trailing anew: forget the best prices so far"
              {...form.getInputProps("resets", { type: "checkbox" })}
            />
            <Refusal error={saving.error} errors={form.errors} />
            <Group justify="flex-end" gap={8}>
              <Button variant="default" disabled={!form.isDirty()} onClick={() => form.reset()}>
                Undo changes
              </Button>
              <Button
                type="submit"
                leftSection={<ShieldCheck size={14} />}
                disabled={isOver || !form.isDirty()}
                loading={saving.isPending}
              >
                Save protection
              </Button>
            </Group>
          </Stack>
        </fieldset>
      </form>
    </Section>
  )
}

/** What could not be put at a field. */
function Refusal({ error, errors }: { error: Error | null; errors: Record<string, ReactNode> }) {
  if (!error) return null
  const count = Object.keys(errors).length
  const { message, requestId } = failureText(error)
  return (
    <Alert color="red" variant="light" role="alert" title="The protection was not saved">
      {count > 0 ? `Mend what is marked above (${count}).` : message} {requestId && `Request ${requestId}.`}
    </Alert>
  )
}
