import { TextInput } from "@mantine/core"

interface Props {
  value: string
  onChange: (value: string) => void
}

/** The authenticator's 6-digit code, for accounts with a second factor. */
export function TotpInput({ value, onChange }: Props) {
  return (
    <TextInput
      label="Authenticator code"
      description="From the app on your phone; it changes every 30 seconds."
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={7}
      required
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
