import { Button, Group, TextInput } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { failureText } from "@/lib/notify"
import classes from "./settings.module.css"

interface Props<Reply> {
  verb: string
  call: (code: string) => Promise<Reply>
  onDone: (reply: Reply) => void
  onCancel?: () => void
  /** Whether a recovery code is accepted too. */
  takesRecovery?: boolean
}

const RECOVERY_LENGTH = 19

/** Asks for a code of the second factor before a change. */
export function CodeForm<Reply>({ verb, call, onDone, onCancel, takesRecovery = false }: Props<Reply>) {
  const [code, setCode] = useState("")
  const sending = useMutation({ mutationFn: () => call(code), onSuccess: onDone })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        sending.mutate()
      }}
    >
      <Group align="flex-end" gap={8} className={classes.narrow}>
        <TextInput
          size="xs"
          label={takesRecovery ? "Authenticator or recovery code" : "Authenticator code"}
          placeholder={takesRecovery ? undefined : "6 digits"}
          inputMode={takesRecovery ? "text" : "numeric"}
          autoComplete="one-time-code"
          maxLength={takesRecovery ? RECOVERY_LENGTH : 7}
          required
          withAsterisk={false}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={sending.error ? failureText(sending.error).message : undefined}
        />
        <Button type="submit" loading={sending.isPending}>
          {verb}
        </Button>
        {onCancel && (
          <Button variant="subtle" onClick={onCancel}>
            Cancel
          </Button>
        )}
      </Group>
    </form>
  )
}
