import { Button, Group, Stack, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { Failure } from "@/components/states/failure"
import { fieldErrors } from "@/lib/field-errors"
import { notifyDone } from "@/lib/notify"
import { runCalls } from "@/lib/queries/workers"
import { ControlField } from "./control-field"
import { initialRisk, patchOf, placesOf, type Risk, type RiskControl } from "./controls"

interface Props {
  id: string
  controls: RiskControl[]
  risk: Risk
  mayEdit: boolean
}

export function RiskForm({ id, controls, risk, mayEdit }: Props) {
  const client = useQueryClient()
  const before = initialRisk(controls, risk)
  const form = useForm<{ values: Risk; reason: string }>({ initialValues: { values: before, reason: "" } })
  const patch = patchOf(controls, before, form.values.values)
  const changes = Object.keys(patch).length
  const needsReason = controls.some(({ key, requires_reason }) => requires_reason && key in patch)
  const saving = useMutation({
    mutationFn: () => runCalls.saveRisk(id, patch, form.values.reason),
    onSuccess: () => {
      notifyDone("The controls are saved and in force")
      return client.invalidateQueries({ queryKey: ["workers", "run", id] })
    },
    onError: (error) => form.setErrors(fieldErrors(error, placesOf(controls))),
  })
  return (
    <form onSubmit={form.onSubmit(() => saving.mutate())} noValidate>
      <Stack gap="sm" maw={560}>
        {controls.map((control) => (
          <ControlField
            key={control.key}
            control={control}
            disabled={!mayEdit || control.editable === false}
            input={form.getInputProps(`values.${control.key}`)}
          />
        ))}
        <TextInput
          label="Reason"
          required={needsReason}
          placeholder={needsReason ? "This change requires a reason" : "Optional; recorded in the timeline"}
          maxLength={500}
          disabled={!mayEdit}
          {...form.getInputProps("reason")}
        />
        <Failure
          error={saving.error}
          title="The controls were not saved"
          marked={Object.keys(form.errors).length}
        />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" disabled={changes === 0} onClick={() => form.reset()}>
            Undo changes
          </Button>
          <Button
            type="submit"
            disabled={!mayEdit || changes === 0 || (needsReason && !form.values.reason.trim())}
            loading={saving.isPending}
          >
            {changes === 0 ? "Save controls" : `Save ${count(changes, "control")}`}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
