import { Button, Group, Stack, Switch, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { SettingsOut } from "@tradertape/api/generated/types.gen.ts"
import { Section } from "@/components/page/section"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import { notificationCalls, notificationSettingsQuery } from "@/lib/queries/notifications"

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`

const minutes = (text: string) => {
  const [hours = 0, rest = 0] = text.split(":").map(Number)
  return hours * 60 + rest
}

/** Quiet hours and the time of the digest, in Indian time. */
export function TimesSection({ settings }: { settings: SettingsOut }) {
  const client = useQueryClient()
  const form = useForm({
    initialValues: {
      isQuiet: settings.quiet_from !== null,
      from: clock(settings.quiet_from ?? 22 * 60),
      to: clock(settings.quiet_to ?? 7 * 60),
      digest: clock(settings.digest_at),
    },
  })
  const saving = useMutation({
    mutationFn: ({ isQuiet, from, to, digest }: typeof form.values) =>
      notificationCalls.save({
        quiet_from: isQuiet ? minutes(from) : null,
        quiet_to: isQuiet ? minutes(to) : null,
        digest_at: minutes(digest),
      }),
    onSuccess: (saved) => {
      client.setQueryData(notificationSettingsQuery.queryKey, saved)
      form.resetDirty()
      notifyDone("The times are saved")
    },
  })
  return (
    <Section title="Quiet hours and digest" note="Indian time. What is held back is sent when they end.">
      <form onSubmit={form.onSubmit((fields) => saving.mutate(fields))}>
        <Stack gap="sm" maw={420}>
          <Switch
            label="Quiet hours"
            description="Critical events are sent all the same."
            {...form.getInputProps("isQuiet", { type: "checkbox" })}
          />
          {form.values.isQuiet && (
            <Group grow>
              <TextInput type="time" label="From" required {...form.getInputProps("from")} />
              <TextInput type="time" label="Until" required {...form.getInputProps("to")} />
            </Group>
          )}
          <TextInput type="time" label="Digest at" required {...form.getInputProps("digest")} />
          <Failure error={saving.error} />
          <Button
            type="submit"
            loading={saving.isPending}
            disabled={!form.isDirty()}
            style={{ alignSelf: "start" }}
          >
            Save
          </Button>
        </Stack>
      </form>
    </Section>
  )
}
