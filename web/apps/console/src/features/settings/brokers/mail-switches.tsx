import { Stack, Switch } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Section } from "@/components/page/section"
import { notifyFailure } from "@/lib/notify"
import { brokerCalls, type MailPreferences, mailPreferencesQuery } from "@/lib/queries/brokers"

/** Which mails about sessions at brokers the person gets. */
export function MailSwitches() {
  const client = useQueryClient()
  const { data } = useQuery(mailPreferencesQuery)
  const saving = useMutation({
    mutationFn: brokerCalls.savePreferences,
    onSuccess: (saved) => client.setQueryData(mailPreferencesQuery.queryKey, saved),
    onError: (error) => notifyFailure("Your choice was not saved", error),
  })
  if (!data) return null
  const save = (changed: Partial<MailPreferences>) => saving.mutate({ ...data, ...changed })
  return (
    <Section title="Mails about logins" note="Each has a link that begins the login on the broker's page.">
      <Stack gap="sm">
        <Switch
          checked={data.mails_reminder}
          disabled={saving.isPending}
          onChange={(event) => save({ mails_reminder: event.currentTarget.checked })}
          label="At 08:45 on trading days"
          description="When an account that you use, or a live run, needs a login."
        />
        <Switch
          checked={data.mails_expiry}
          disabled={saving.isPending}
          onChange={(event) => save({ mails_expiry: event.currentTarget.checked })}
          label="When a session ends during the trading day"
          description="For example because you signed in elsewhere: exits and protections wait until you sign in."
        />
      </Stack>
    </Section>
  )
}
