import { Button, Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { date } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { accountCalls } from "@/lib/queries/account"
import { type Me, meQuery } from "@/lib/queries/auth"
import classes from "./settings.module.css"

export function ProfileTab() {
  const { data: me } = useQuery(meQuery)
  return me ? <ProfileForm me={me} /> : null
}

function ProfileForm({ me }: { me: Me }) {
  const client = useQueryClient()
  const form = useForm({ initialValues: { name: me.name } })
  const saving = useMutation({
    mutationFn: accountCalls.rename,
    onSuccess: (saved) => {
      client.setQueryData(meQuery.queryKey, saved)
      notifyDone("Saved")
    },
    onError: (error) => notifyFailure("Your name was not saved", error),
  })
  return (
    <Section
      title="Profile"
      note={`Account since ${date(me.created_at)}${me.is_admin ? ", administrator" : ""}`}
    >
      <form onSubmit={form.onSubmit(({ name }) => saving.mutate(name))}>
        <Stack gap="sm" className={classes.narrow}>
          <TextInput label="E-mail" value={me.email} readOnly disabled />
          <TextInput
            label="Name"
            description="Shown with strategies that you share. Your e-mail is never shown."
            maxLength={100}
            {...form.getInputProps("name")}
          />
          <Text size="xs" c="dimmed">
            To change the e-mail, contact the administrator of this server.
          </Text>
          <Button type="submit" w="fit-content" disabled={!form.isDirty()} loading={saving.isPending}>
            Save
          </Button>
        </Stack>
      </form>
    </Section>
  )
}
