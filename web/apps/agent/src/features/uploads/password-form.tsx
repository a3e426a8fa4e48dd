import { Button, Group, PasswordInput } from "@mantine/core"
import { Section } from "@tradertape/ui/components/section.tsx"
import { useState } from "react"

interface Props {
  name: string
  isBusy: boolean
  onOpen: (password: string) => void
}

/** Asks for the password of a PDF statement, which opens the file on this machine and is kept nowhere. */
export function PasswordForm({ name, isBusy, onOpen }: Props) {
  const [password, setPassword] = useState("")
  return (
    <Section
      title="Password of the statement"
      note={`${name} is opened on this machine. The password is kept nowhere.`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onOpen(password)
        }}
      >
        <Group align="flex-end" gap="sm">
          <PasswordInput
            label="Password"
            description="Usually your PAN in capitals, or the one you chose; empty if there is none."
            autoComplete="off"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            style={{ flex: "1 1 260px", maxWidth: 420 }}
          />
          <Button type="submit" loading={isBusy}>
            Read the statement
          </Button>
        </Group>
      </form>
    </Section>
  )
}
