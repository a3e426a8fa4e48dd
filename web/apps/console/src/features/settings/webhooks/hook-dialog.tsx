import { Alert, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { NewHookOut } from "@tradertape/api/generated/types.gen.ts"
import { CodeBlock } from "@/components/copy/code-block"
import { CopyField } from "@/components/copy/copy-field"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { portfoliosQuery } from "@/lib/queries/models"
import { type Hook, hooksQuery, notificationCalls } from "@/lib/queries/notifications"
import { SOURCES, tradingViewText } from "./source-words"

const OPTIONS = Object.entries(SOURCES).map(([value, { title }]) => ({ value, label: title }))

/** Makes an address for alerts; its URL and secret are shown here only. */
export function HookDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const client = useQueryClient()
  const { data: portfolios } = useQuery(portfoliosQuery(false))
  const form = useForm({
    initialValues: { name: "", source: "tradingview" as Hook["source"], portfolio: "" },
  })
  const adding = useMutation({
    mutationFn: ({ name, source, portfolio }: typeof form.values) =>
      notificationCalls.addHook({
        name: name.trim() || SOURCES[source].title,
        source,
        portfolio_id: portfolio ? Number(portfolio) : null,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: hooksQuery.queryKey }),
  })
  const close = () => {
    onClose()
    adding.reset()
    form.reset()
  }
  if (adding.data)
    return (
      <Dialog
        opened={opened}
        onClose={close}
        title="Your new webhook"
        closeOnClickOutside={false}
        closeOnEscape={false}
      >
        <ShownOnce made={adding.data} onDone={close} />
      </Dialog>
    )
  const targets = [
    { value: "", label: "Nothing: notify me" },
    ...(portfolios ?? []).map(({ id, name }) => ({ value: String(id), label: `Signals of ${name}` })),
  ]
  return (
    <Dialog opened={opened} onClose={close} title="New webhook">
      <form onSubmit={form.onSubmit((fields) => adding.mutate(fields))}>
        <Stack gap="sm">
          <Select
            label="Who sends the alerts?"
            data={OPTIONS}
            allowDeselect={false}
            {...form.getInputProps("source")}
          />
          <Text size="xs" c="dimmed">
            {SOURCES[form.values.source].risk}
          </Text>
          <TextInput
            label="Name"
            placeholder={SOURCES[form.values.source].title}
            maxLength={60}
            {...form.getInputProps("name")}
          />
          <Select
            label="What do they become?"
            description="A portfolio whose signals become trigger orders takes alerts to buy; you approve each."
            data={targets}
            allowDeselect={false}
            {...form.getInputProps("portfolio")}
          />
          <Failure error={adding.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={adding.isPending}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

function ShownOnce({ made, onDone }: { made: NewHookOut; onDone: () => void }) {
  return (
    <Stack gap="sm">
      <Alert color="yellow" variant="light">
        <Text size="sm">Copy these now: they cannot be shown again.</Text>
      </Alert>
      <Text size="sm">Webhook URL</Text>
      <CopyField value={made.url} label="webhook URL" />
      {made.hook.source === "tradingview" && made.secret && (
        <>
          <Text size="sm">Message of the alert, as it is:</Text>
          <CodeBlock code={tradingViewText(made.secret)} label="TradingView message" />
        </>
      )}
      {made.hook.source === "signed" && made.secret && (
        <>
          <Text size="sm">Secret of the signature</Text>
          <CopyField value={made.secret} label="signing secret" />
        </>
      )}
      <Group justify="flex-end">
        <Button onClick={onDone}>I have copied them</Button>
      </Group>
    </Stack>
  )
}
