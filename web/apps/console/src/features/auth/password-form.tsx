import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation } from "@tanstack/react-query"
import { failureText } from "@/lib/notify"
import { signIn, wantsLink, wantsTotp } from "@/lib/queries/auth"
import { TotpInput } from "./totp-input"
import { useSignedIn } from "./use-signed-in"

interface Fields {
  email: string
  password: string
  totp: string
}

interface Props {
  next: string | undefined
  /** Go on with a mailed link to this address. */
  onLink: (email: string) => void
}

export function PasswordForm({ next, onLink }: Props) {
  const form = useForm<Fields>({ initialValues: { email: "", password: "", totp: "" } })
  const entering = useMutation({
    mutationFn: ({ email, password, totp }: Fields) =>
      signIn.byPassword(email.trim(), password, totp || undefined),
    onSuccess: useSignedIn(next),
  })
  const needsTotp = wantsTotp(entering.error) || form.values.totp !== ""
  return (
    <form onSubmit={form.onSubmit((fields) => entering.mutate(fields))}>
      <Stack gap="sm">
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          {...form.getInputProps("password")}
        />
        {needsTotp && (
          <TotpInput value={form.values.totp} onChange={(totp) => form.setFieldValue("totp", totp)} />
        )}
        {entering.error && (
          <Alert
            color={wantsTotp(entering.error) && !form.values.totp ? "iris" : "red"}
            variant="light"
            role="alert"
          >
            {failureText(entering.error).message}
          </Alert>
        )}
        {wantsLink(entering.error) && (
          <Button variant="default" size="sm" onClick={() => onLink(form.values.email.trim())}>
            Sign in with a mailed link
          </Button>
        )}
        <Button type="submit" size="sm" loading={entering.isPending}>
          Sign in
        </Button>
      </Stack>
    </form>
  )
}
