import { Alert, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { CopyField } from "@/components/copy/copy-field"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { type Channel, type NewChannel, notificationCalls } from "@/lib/queries/notifications"
import { KINDS } from "./channel-words"
import { LinkSteps } from "./link-dialog"

const OPTIONS = Object.entries(KINDS).map(([value, { title }]) => ({ value, label: title }))

interface Fields {
  kind: Channel["kind"]
  name: string
  secret: string
}

function request({ kind, name, secret }: Fields): NewChannel {
  const common = { kind, name: name.trim() || KINDS[kind].title }
  if (kind === "telegram") return { ...common, bot_token: secret.trim() }
  return kind === "email" ? common : { ...common, url: secret.trim() }
}

/** Adds a channel; what is shown once is shown here. */
export function ChannelDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const client = useQueryClient()
  const form = useForm<Fields>({ initialValues: { kind: "telegram", name: "", secret: "" } })
  const adding = useMutation({
    mutationFn: (fields: Fields) => notificationCalls.addChannel(request(fields)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["notifications"] }),
  })
  const close = () => {
    onClose()
    adding.reset()
    form.reset()
  }
  const made = adding.data
  if (made)
    return (
      <Dialog
        opened={opened}
        onClose={close}
        title={`${made.channel.name} is added`}
        closeOnClickOutside={false}
      >
        <Stack gap="sm">
          {made.link && <LinkSteps channel={made.channel} link={made.link} />}
          {made.signing_secret && (
            <>
              <Alert color="yellow" variant="light">
                <Text size="sm">
                  Copy the secret of the signature now: it is not shown again. Check `webhook-signature` with
                  it, as standardwebhooks.com describes.
                </Text>
              </Alert>
              <CopyField value={made.signing_secret} label="signing secret" />
            </>
          )}
          {!made.link && !made.signing_secret && (
            <Text size="sm">Send a test message to see that it works.</Text>
          )}
          <Group justify="flex-end">
            <Button onClick={close}>Done</Button>
          </Group>
        </Stack>
      </Dialog>
    )
  const { kind } = form.values
  return (
    <Dialog opened={opened} onClose={close} title="Add channel">
      <form onSubmit={form.onSubmit((fields) => adding.mutate(fields))}>
        <Stack gap="sm">
          <Select label="Kind" data={OPTIONS} allowDeselect={false} {...form.getInputProps("kind")} />
          <Text size="xs" c="dimmed">
            {KINDS[kind].note}
          </Text>
          <TextInput
            label="Name"
            placeholder={KINDS[kind].title}
            maxLength={60}
            {...form.getInputProps("name")}
          />
          {kind !== "email" && (
            <TextInput
              label={kind === "telegram" ? "Bot token" : "URL"}
              description="Stored encrypted and not shown again."
              required
              autoComplete="off"
              spellCheck={false}
              {...form.getInputProps("secret")}
            />
          )}
          <Failure error={adding.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={adding.isPending}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
