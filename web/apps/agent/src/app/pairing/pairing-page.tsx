import { Alert, Button, Card, Stack, Text, TextInput, Title } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useEffect, useState } from "react"
import { rememberDevice } from "@/lib/api"
import { reasonOf } from "@/lib/notify"
import { calls, sessionQuery } from "@/lib/queries"
import { deviceName } from "./device-name"
import classes from "./pairing.module.css"

/** All that another device of the network sees until it is paired. */
export function PairingPage() {
  const client = useQueryClient()
  const [code, setCode] = useState("")
  const pairing = useMutation({
    mutationFn: () => calls.pair(code, deviceName(navigator.userAgent)),
    onSuccess: ({ token }) => {
      rememberDevice(token)
      return client.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  useEffect(() => {
    document.title = "Pair this device · TraderTape agent"
  }, [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    pairing.mutate()
  }
  return (
    <main className={classes.page}>
      <Card maw={420} w="100%">
        <form onSubmit={submit}>
          <Stack gap="sm">
            <Title order={1}>Pair this device</Title>
            <Text size="sm">
              This agent trades with somebody's money. On its own machine open{" "}
              <code>http://localhost:5679</code>, choose Settings, “Pair a device”, and enter the code that it
              shows. A code is valid for two minutes.
            </Text>
            <TextInput
              label="Code"
              required
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              autoComplete="one-time-code"
              autoCapitalize="characters"
              spellCheck={false}
              classNames={{ input: classes.code }}
            />
            {pairing.error && (
              <Alert color="red" variant="light" role="alert">
                {reasonOf(pairing.error)}
              </Alert>
            )}
            <Button type="submit" loading={pairing.isPending} disabled={code.trim() === ""}>
              Pair
            </Button>
          </Stack>
        </form>
      </Card>
    </main>
  )
}
