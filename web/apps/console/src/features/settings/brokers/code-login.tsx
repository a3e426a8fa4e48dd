import { Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { Failure } from "@/components/states/failure"
import { fetchSandboxSecret, proofOf } from "@/lib/brokers/login"
import { keepSecret, keptSecret } from "@/lib/brokers/secrets"
import { notifyDone } from "@/lib/notify"
import { meQuery } from "@/lib/queries/auth"
import { type BrokerRow, brokerCalls, brokersQuery } from "@/lib/queries/brokers"

/** Login at a broker without a page of its own: by a code of the authenticator app, or by the API secret. */
export function CodeLogin({ row }: { row: BrokerRow }) {
  const { data: me } = useQuery(meQuery)
  const client = useQueryClient()
  const [totp, setTotp] = useState("")
  const [secret, setSecret] = useState("")
  const apiKey = row.credentials.api_key
  const kept = me && keptSecret(me.id, row.name, apiKey)
  const { has_secret: isSaved, has_totp_secret: hasCodes } = row.credentials
  const hasSecret = kept !== undefined || isSaved || hasCodes
  // The secret of an account at the sandbox is fetched: nobody has typed it.
  const isSandbox = row.environment === "sandbox"
  const isReady = totp.length === 6 || secret !== "" || hasSecret || isSandbox
  const connecting = useMutation({
    mutationFn: async () => {
      if (me && isSandbox && !hasSecret && secret === "" && totp === "") await fetchSandboxSecret(row, me.id)
      const { state } = await brokerCalls.beginLogin(row.name)
      const found = me && keptSecret(me.id, row.name, apiKey)
      const given = { state, totp: totp || undefined, secret: secret.trim() || found?.secret }
      await brokerCalls.openSession(row.name, await proofOf(row, given, new Date()))
      if (me && secret && apiKey)
        keepSecret(me.id, row.name, { apiKey, secret: secret.trim(), untilSignOut: false })
    },
    onSuccess: async () => {
      notifyDone(`${row.title} is connected`)
      await client.invalidateQueries({ queryKey: brokersQuery.queryKey })
    },
    onSettled: () => setTotp(""),
  })
  return (
    <form
      aria-label={`Log in to ${row.title}`}
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady) connecting.mutate()
      }}
    >
      <Stack gap="sm" maw={360}>
        {row.login.proofs.includes("totp") && (
          <TextInput
            label="Code of your authenticator app"
            description="Six digits, for a TOTP token."
            inputMode="numeric"
            autoComplete="one-time-code"
            value={totp}
            onChange={(event) => setTotp(event.currentTarget.value.replace(/\D/g, "").slice(0, 6))}
          />
        )}
        {!hasSecret && (
          <PasswordInput
            label="API secret"
            description={
              isSandbox
                ? "Leave it empty for your account at the sandbox of this server."
                : "For an API key. It stays in this browser."
            }
            autoComplete="off"
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
        )}
        <Failure error={connecting.error} />
        <Group>
          <Button type="submit" disabled={!isReady} loading={connecting.isPending}>
            Log in to {row.title}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
