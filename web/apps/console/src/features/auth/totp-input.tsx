import { TextInput } from "@mantine/core"

interface Props {
  value: string
  onChange: (value: string) => void
}

const RECOVERY_LENGTH = 19

/** A code of the second factor: the authenticator's, or a recovery code. */
export function TotpInput({ value, onChange }: Props) {
  return (
    <TextInput
      label="Authenticator code"
      description="From the app on your phone. Without your phone, enter one of your recovery codes."
      autoComplete="one-time-code"
      maxLength={RECOVERY_LENGTH}
      required
      autoFocus
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
