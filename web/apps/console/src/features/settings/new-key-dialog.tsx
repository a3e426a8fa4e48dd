import { Alert, Button, Checkbox, Group, Select, Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { CopyField } from "@/components/copy/copy-field"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import {
  AGENT_SCOPES,
  accountCalls,
  type KeyKind,
  type KeyRequest,
  keysQuery,
  WORKER_SCOPES,
} from "@/lib/queries/account"
import type { KeysProps } from "./keys-props"
import { scopeHint, scopeLabel } from "./scope-words"

type Props = KeysProps & { opened: boolean; onClose: () => void }

const VALIDITIES = [
  { value: "", label: "No expiry" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
]

interface Fields {
  label: string
  scopes: string[]
  life: string
}

function keyRequest(kind: KeyKind, { label, scopes, life }: Fields): KeyRequest {
  const common = { label, expires_in_days: life ? Number(life) : null }
  return kind === "agent"
    ? { kind, body: { ...common, scopes: AGENT_SCOPES.filter((scope) => scopes.includes(scope)) } }
    : { kind, body: { ...common, scopes: WORKER_SCOPES.filter((scope) => scopes.includes(scope)) } }
}

/** Creates a key and shows it once. */
export function NewKeyDialog({ kind, noun, scopes, defaultScopes, opened, onClose }: Props) {
  const client = useQueryClient()
  const form = useForm({
    initialValues: { label: "", scopes: defaultScopes, life: "" },
    validate: { scopes: (value) => (value.length === 0 ? "Choose at least one" : null) },
  })
  const creating = useMutation({
    mutationFn: (fields: typeof form.values) => accountCalls.createKey(keyRequest(kind, fields)),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery(kind).queryKey }),
  })
  const close = () => {
    onClose()
    creating.reset()
    form.reset()
  }
  if (creating.data) {
    return (
      <Dialog
        opened={opened}
        onClose={close}
        title={`Your new ${noun}`}
        closeOnClickOutside={false}
        closeOnEscape={false}
      >
        <Stack gap="sm">
          <Alert color="yellow" variant="light">
            <Text size="sm">Copy it now. It is not stored and cannot be shown again.</Text>
          </Alert>
          <CopyField value={creating.data.token} label={noun} />
          <Group justify="flex-end">
            <Button onClick={close}>I have copied it</Button>
          </Group>
        </Stack>
      </Dialog>
    )
  }
  return (
    <Dialog opened={opened} onClose={close} title={`New ${noun}`}>
      <form onSubmit={form.onSubmit((fields) => creating.mutate(fields))}>
        <Stack gap="sm">
          <TextInput
            label="What is it for?"
            placeholder="Laptop at home"
            required
            maxLength={100}
            data-autofocus
            {...form.getInputProps("label")}
          />
          <Checkbox.Group label="Permissions" {...form.getInputProps("scopes")}>
            <Stack gap={12} mt={6}>
              {scopes.map((scope) => (
                <Checkbox
                  key={scope}
                  size="xs"
                  value={scope}
                  label={scopeLabel(scope)}
                  description={scopeHint(scope)}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          <Select label="Valid for" data={VALIDITIES} {...form.getInputProps("life")} />
          <Failure error={creating.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={creating.isPending}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
