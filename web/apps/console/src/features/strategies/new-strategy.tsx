import { Button, FileButton, Group, Select, Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { Upload } from "lucide-react"
import { Dialog } from "@/components/dialog/dialog"
import { notifyFailure } from "@/lib/notify"
import { type Strategy, strategyCalls } from "@/lib/queries/strategies"

const BASES = [
  { value: "v1_momentum", label: "Momentum: buy strength above the 20-day average" },
  { value: "v2_breakout", label: "Breakout: buy new 20-day highs on volume" },
  { value: "v3_dip_buyer", label: "Dip buyer: buy falls inside a long uptrend" },
  { value: "v4_alpha", label: "Alpha: buy pauses of the strongest stocks" },
  { value: "v0_dart_monkey", label: "Dart monkey: buy at random, as a baseline" },
]

interface Props {
  opened: boolean
  onClose: () => void
}

/** Create a strategy from a template, or import one from a file. */
export function NewStrategy({ opened, onClose }: Props) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const form = useForm({ initialValues: { name: "", base_model: "v1_momentum" } })
  const opens = {
    onSuccess: async (made: Strategy) => {
      await client.invalidateQueries({ queryKey: ["strategies", "list"] })
      await navigate({ to: "/strategies/$id", params: { id: String(made.id) } })
    },
    onError: (error: Error) => notifyFailure("The strategy was not created", error),
  }
  const creating = useMutation({ mutationFn: strategyCalls.create, ...opens })
  const importing = useMutation({
    mutationFn: async (file: File) => strategyCalls.import(JSON.parse(await file.text())),
    ...opens,
  })
  return (
    <Dialog opened={opened} onClose={onClose} title="New strategy">
      <form onSubmit={form.onSubmit((fields) => creating.mutate(fields))}>
        <Stack gap="sm">
          <TextInput label="Name" required maxLength={120} data-autofocus {...form.getInputProps("name")} />
          <Select label="Start from" data={BASES} {...form.getInputProps("base_model")} />
          <Text size="xs" c="dimmed">
            Every rule can be changed afterwards.
          </Text>
          <Group justify="space-between">
            <FileButton accept="application/json,.json" onChange={(file) => file && importing.mutate(file)}>
              {(props) => (
                <Button
                  {...props}
                  variant="subtle"
                  leftSection={<Upload size={14} />}
                  loading={importing.isPending}
                >
                  Import a file
                </Button>
              )}
            </FileButton>
            <Button type="submit" loading={creating.isPending}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
