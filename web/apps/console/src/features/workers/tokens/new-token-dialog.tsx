import { Alert, Button, Checkbox, Group, Select, Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { CodeBlock } from "@/components/code-block"
import { CopyField } from "@/components/copy-field"
import { Dialog } from "@/components/dialog"
import { accountCalls, keysQuery, WORKER_SCOPES } from "@/lib/queries/account"
import { failureText } from "@/lib/tell"
import { environmentSnippet, pythonSnippet } from "./snippet"

const MEANS: Record<string, string> = {
  paper: "Create runs and trade on your paper accounts",
  data: "Read live prices, candles and options",
  gtt: "Place and change resting triggers (GTT) on paper",
  live: "Ask for live trading; refused until a broker is connected",
}

const LIVES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "", label: "No end" },
]

interface Props {
  opened: boolean
  onClose: () => void
}

/** Makes a token, shows it the only time it can be shown, and says how to use it. */
export function NewTokenDialog({ opened, onClose }: Props) {
  const client = useQueryClient()
  const form = useForm({
    initialValues: { label: "", scopes: ["paper", "data"], life: "90" },
    validate: { scopes: (value) => (value.length === 0 ? "Choose at least one" : null) },
  })
  const making = useMutation({
    mutationFn: ({ label, scopes, life }: typeof form.values) =>
      accountCalls.createKey({
        kind: "worker",
        body: {
          label,
          scopes: WORKER_SCOPES.filter((scope) => scopes.includes(scope)),
          expires_in_days: life ? Number(life) : null,
        },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery("worker").queryKey }),
  })
  const close = () => {
    onClose()
    making.reset()
    form.reset()
  }
  if (making.data) return <Made token={making.data.token} opened={opened} onClose={close} />
  return (
    <Dialog opened={opened} onClose={close} title="New worker token">
      <form onSubmit={form.onSubmit((fields) => making.mutate(fields))}>
        <Stack gap="sm">
          <TextInput
            label="What is it for?"
            placeholder="Momentum worker on the laptop"
            required
            maxLength={100}
            data-autofocus
            {...form.getInputProps("label")}
          />
          <Checkbox.Group label="It may" {...form.getInputProps("scopes")}>
            <Stack gap={8} mt={6}>
              {WORKER_SCOPES.map((scope) => (
                <Checkbox key={scope} size="xs" value={scope} label={scope} description={MEANS[scope]} />
              ))}
            </Stack>
          </Checkbox.Group>
          <Select label="Valid for" data={LIVES} {...form.getInputProps("life")} />
          <Text size="xs" c="dimmed">
            The worker chooses the account (kite:paper-a) and the mode (dry run or paper) of each run itself.
          </Text>
          {making.error && (
            <Alert color="red" variant="light" role="alert">
              {failureText(making.error).message}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button type="submit" loading={making.isPending}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

function Made({ token, opened, onClose }: Props & { token: string }) {
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title="Your new worker token"
      closeOnClickOutside={false}
      size="lg"
    >
      <Stack gap="sm">
        <Alert color="yellow" variant="light">
          <Text size="sm">Copy it now. It is not stored and cannot be shown again.</Text>
        </Alert>
        <CopyField value={token} label="worker token" />
        <Text size="sm" fw={600}>
          1. In the worker's terminal
        </Text>
        <CodeBlock code={environmentSnippet(token)} label="environment" />
        <Text size="sm" fw={600}>
          2. A first worker, first_worker.py
        </Text>
        <CodeBlock code={pythonSnippet()} label="script" />
        <Group justify="flex-end">
          <Button onClick={onClose}>I have copied it</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
