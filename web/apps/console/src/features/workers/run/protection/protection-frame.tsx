import { Button, Group, Stack, Switch } from "@mantine/core"
import type { UseFormReturnType } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { ApiError, type ValidationError } from "@tradertape/api/client.ts"
import { ShieldCheck } from "lucide-react"
import type { ReactNode } from "react"
import { Section } from "@/components/page/section"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import type { Operations } from "./draft"
import { OperationFields } from "./rule-fields"

interface Props<T> {
  id: string
  form: UseFormReturnType<T>
  note: string
  chips: ReactNode
  isOver: boolean
  save: (draft: T) => Promise<unknown>
  /** Map validation errors of the server to form fields. */
  place: (validationErrors: readonly ValidationError[]) => Record<string, string>
  /** Fields below the rules, such as the reason. */
  reasons?: ReactNode
  /** An extra button beside Save and Undo. */
  extra?: ReactNode
  children: ReactNode
}

/** The common parts of every protection form: on/off switch, worker and time rules, saving and errors. */
export function ProtectionFrame<T extends { enabled: boolean; operations: Operations }>(props: Props<T>) {
  const { id, form, isOver, save, place } = props
  const client = useQueryClient()
  const saving = useMutation({
    mutationFn: save,
    onSuccess: () => {
      notifyDone("The protection is saved")
      return client.invalidateQueries({ queryKey: ["workers", "run", id] })
    },
    onError: (error) => {
      if (error instanceof ApiError) form.setErrors(place(error.validationErrors))
    },
  })
  return (
    <Section title="Protection" note={props.note} action={<div>{props.chips}</div>}>
      <form onSubmit={form.onSubmit((draft) => saving.mutate(draft))} noValidate>
        <fieldset disabled={isOver} style={{ all: "unset", display: "contents" }}>
          <Stack gap="md">
            <Switch
              size="sm"
              label="Protect this run"
              {...form.getInputProps("enabled", { type: "checkbox" })}
            />
            {props.children}
            <OperationFields
              at={(field, type) => form.getInputProps(`operations.${field}`, type && { type })}
            />
            {props.reasons}
            <Failure
              error={saving.error}
              title="The protection was not saved"
              marked={Object.keys(form.errors).length}
            />
            <Group justify="flex-end" gap={8}>
              <Button variant="default" disabled={!form.isDirty()} onClick={() => form.reset()}>
                Undo changes
              </Button>
              {props.extra}
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
