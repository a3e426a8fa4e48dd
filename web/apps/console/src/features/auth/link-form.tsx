import { Alert, Anchor, Button, Stack, Text, TextInput } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { Mail } from "lucide-react"
import { type FormEvent, useState } from "react"
import { failureText } from "@/lib/notify"
import { signIn } from "@/lib/queries/auth"
import { OtpForm } from "./otp-form"

/** Request a sign-in link, then accept the code from the same e-mail. */
export function LinkForm({ next, email: given }: { next: string | undefined; email: string }) {
  const [email, setEmail] = useState(given)
  const asking = useMutation({ mutationFn: () => signIn.requestLink(email.trim()) })
  if (asking.isSuccess) {
    return (
      <Stack gap="sm">
        <Alert icon={<Mail size={18} />} variant="light" title="Check your e-mail">
          <Text size="sm">{asking.data.detail} It works once, for 10 minutes.</Text>
          <Text size="sm" mt={6}>
            On your own machine without a mail server, the link is printed in the terminal where TraderTape
            runs.
          </Text>
        </Alert>
        <OtpForm email={email.trim()} next={next} />
        <Anchor component="button" size="sm" onClick={() => asking.reset()}>
          Use another address
        </Anchor>
      </Stack>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    asking.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label="E-mail"
          type="email"
          name="email"
          autoComplete="email"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={asking.error ? failureText(asking.error).message : undefined}
        />
        <Button type="submit" size="sm" loading={asking.isPending}>
          Send me a link
        </Button>
        <Text size="xs" c="dimmed">
          First time here? The link is printed in the terminal where TraderTape runs. With{" "}
          <code>make run</code>, a demo sign-in is printed there too.
        </Text>
      </Stack>
    </form>
  )
}
