import { Button, Checkbox, PasswordInput, Stack } from "@mantine/core"
import { useState } from "react"

interface Props {
  title: string
  verb: string
  isBusy: boolean
  onGiven: (secret: string, untilSignOut: boolean) => void
}

/** Asks for the API secret that this browser does not have. */
export function SecretForm({ title, verb, isBusy, onGiven }: Props) {
  const [secret, setSecret] = useState("")
  const [untilSignOut, setUntilSignOut] = useState(false)
  return (
    <form
      aria-label="API secret"
      onSubmit={(event) => {
        event.preventDefault()
        if (secret.trim()) onGiven(secret.trim(), untilSignOut)
      }}
    >
      <Stack gap="sm" maw={380}>
        <PasswordInput
          label={`API secret of your ${title} app`}
          description="It is kept in this browser and not sent to the server where the broker takes a checksum."
          autoComplete="off"
          data-autofocus
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
        />
        <Checkbox
          label="Forget it when I sign out of TraderTape"
          checked={untilSignOut}
          onChange={(event) => setUntilSignOut(event.currentTarget.checked)}
        />
        <Button type="submit" w="fit-content" disabled={!secret.trim()} loading={isBusy}>
          {verb}
        </Button>
      </Stack>
    </form>
  )
}
