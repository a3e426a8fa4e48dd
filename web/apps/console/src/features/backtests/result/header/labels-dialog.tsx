import { Button, Group, Stack, TagsInput, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { Run } from "@tradertape/api/backtest.ts"
import { Dialog } from "@/components/dialog/dialog"
import { notifyFailure } from "@/lib/notify"
import { runCalls, runQuery } from "@/lib/queries/backtests"

interface Props {
  run: Run
  opened: boolean
  onClose: () => void
}

/** Edits the name and tags of a run. */
export function LabelsDialog({ run, opened, onClose }: Props) {
  const client = useQueryClient()
  const form = useForm({ initialValues: { name: run.name, tags: run.tags } })
  const saving = useMutation({
    mutationFn: (labels: { name: string; tags: string[] }) => runCalls.label(run.run_id, labels),
    onSuccess: ({ name, tags }) => {
      client.setQueryData(runQuery(run.run_id).queryKey, (old) => old && { ...old, name, tags })
      void client.invalidateQueries({ queryKey: ["backtests", "list"] })
      onClose()
    },
    onError: (error) => notifyFailure("The labels were not saved", error),
  })
  return (
    <Dialog opened={opened} onClose={onClose} title="Name and tags" size="sm">
      <form onSubmit={form.onSubmit((labels) => saving.mutate(labels))}>
        <Stack gap="sm">
          <TextInput
            label="Name"
            placeholder={run.strategy.name}
            maxLength={120}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <TagsInput label="Tags" maxTags={20} {...form.getInputProps("tags")} />
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
