import { Alert, Anchor, Button, Stack, Text } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { Link, useSearch } from "@tanstack/react-router"
import { ApiError } from "@tradertape/api/client.ts"
import { type FormEvent, useState } from "react"
import { failureText } from "@/lib/notify"
import { signIn, wantsTotp } from "@/lib/queries/auth"
import { AuthFrame } from "./auth-frame"
import { TotpInput } from "./totp-input"
import { useSignedIn } from "./use-signed-in"

function wantsConfirmation(error: unknown): boolean {
  return error instanceof ApiError && error.code === "confirm_needed"
}

/** Opened from the e-mail. Only the button uses up the link, so mail scanners that open it do not. */
export function VerifyPage() {
  const { token, next } = useSearch({ from: "/sign-in/verify" })
  const [totp, setTotp] = useState("")
  const [isConfirmed, setConfirmed] = useState(false)
  const entering = useMutation({
    mutationFn: (confirm: boolean) => signIn.byToken(token ?? "", confirm, totp || undefined),
    onSuccess: useSignedIn(next),
  })
  const { error } = entering
  const asks = wantsConfirmation(error) || wantsTotp(error)
  const isOver = error !== null && !asks
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const confirm = isConfirmed || wantsConfirmation(error)
    setConfirmed(confirm)
    entering.mutate(confirm)
  }
  return (
    <AuthFrame title={token ? "Finish signing in" : "This link is incomplete"}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {token && !error && (
            <Text size="sm">The link works once. Press the button on the device you want to use.</Text>
          )}
          {error && (
            <Alert color={asks ? "iris" : "red"} variant="light" role="alert">
              {failureText(error).message}
            </Alert>
          )}
          {(wantsTotp(error) || totp) && <TotpInput value={totp} onChange={setTotp} />}
          {token && !isOver && (
            <Button type="submit" size="sm" loading={entering.isPending}>
              {wantsConfirmation(error) ? "Yes, sign in here" : "Sign in to TraderTape"}
            </Button>
          )}
          <Anchor component={Link} to="/sign-in" size="sm">
            Request a new link
          </Anchor>
        </Stack>
      </form>
    </AuthFrame>
  )
}
