import { Button, PasswordInput, Stack } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Section } from "@/components/page/section"
import { failureText, notifyDone } from "@/lib/notify"
import { accountCalls } from "@/lib/queries/account"
import { meQuery } from "@/lib/queries/auth"
import classes from "./settings.module.css"

export function PasswordSection() {
  const { data: me } = useQuery(meQuery)
  const client = useQueryClient()
  const form = useForm({
    initialValues: { current: "", password: "", repeated: "" },
    validate: {
      password: (value) => (value.length < 10 ? "At least 10 characters" : null),
      repeated: (value, { password }) => (value === password ? null : "The passwords do not match"),
    },
  })
  const saving = useMutation({
    mutationFn: ({ password, current }: { password: string; current: string }) =>
      accountCalls.setPassword(password, me?.has_password ? current : null),
    onSuccess: ({ detail }) => {
      form.reset()
      notifyDone(detail)
      void client.invalidateQueries({ queryKey: meQuery.queryKey })
      void client.invalidateQueries({ queryKey: ["account", "sessions"] })
    },
    onError: (error) => form.setFieldError("password", failureText(error).message),
  })
  return (
    <Section
      title="Password"
      note={
        me?.has_password
          ? "Changing it signs out every other device."
          : "You sign in by e-mail link. A password is optional."
      }
    >
      <form onSubmit={form.onSubmit((fields) => saving.mutate(fields))}>
        <Stack gap="sm" className={classes.narrow}>
          {me?.has_password && (
            <PasswordInput
              label="Current password"
              autoComplete="current-password"
              required
              {...form.getInputProps("current")}
            />
          )}
          <PasswordInput
            label="New password"
            description="10 to 200 characters. Several words are easier to remember than symbols; your e-mail address and common words like “password” are refused."
            autoComplete="new-password"
            required
            {...form.getInputProps("password")}
          />
          <PasswordInput
            label="Repeat new password"
            autoComplete="new-password"
            required
            {...form.getInputProps("repeated")}
          />
          <Button type="submit" w="fit-content" loading={saving.isPending}>
            {me?.has_password ? "Change password" : "Set a password"}
          </Button>
        </Stack>
      </form>
    </Section>
  )
}
