import { Button, PinInput, Stack, Text } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { type FormEvent, useState } from "react"
import { failureText } from "@/lib/notify"
import { signIn, wantsTotp } from "@/lib/queries/auth"
import { TotpInput } from "./totp-input"
import { useSignedIn } from "./use-signed-in"

interface Props {
  email: string
  next: string | undefined
}

/** The 6-digit code sent with the link, to sign in on a device other than the one that received the e-mail. */
export function OtpForm({ email, next }: Props) {
  const [otp, setOtp] = useState("")
  const [totp, setTotp] = useState("")
  const entering = useMutation({
    mutationFn: (code: string) => signIn.byOtp(email, code, totp || undefined),
    onSuccess: useSignedIn(next),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    entering.mutate(otp)
  }
  return (
    <form onSubmit={submit}>
      <Stack gap={8}>
        <Text size="sm" fw={500}>
          Or enter the 6-digit code
        </Text>
        <PinInput
          length={6}
          type="number"
          oneTimeCode
          aria-label="6-digit code"
          getInputProps={(index) => ({ "aria-label": `Digit ${index + 1}` })}
          value={otp}
          onChange={setOtp}
          onComplete={(code) => entering.mutate(code)}
          error={entering.isError && !wantsTotp(entering.error)}
        />
        {(wantsTotp(entering.error) || totp) && <TotpInput value={totp} onChange={setTotp} />}
        {entering.error && (
          <Text size="sm" className={wantsTotp(entering.error) && !totp ? undefined : "tt-loss"} role="alert">
            {failureText(entering.error).message}
          </Text>
        )}
        <Button type="submit" size="sm" disabled={otp.length < 6} loading={entering.isPending}>
          Sign in
        </Button>
      </Stack>
    </form>
  )
}
