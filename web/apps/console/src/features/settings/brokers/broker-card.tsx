import { Accordion, Button, Group, Stack, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { age, instant } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { useConnect } from "@/components/brokers/use-connect"
import { Section } from "@/components/page/section"
import { type ConnectionState, connectionState, countdown, remainingMs } from "@/lib/brokers/state"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type BrokerRow, brokerCalls, brokersQuery } from "@/lib/queries/brokers"
import { useNow } from "@/lib/use-now"
import { Addresses } from "./addresses"
import { Capabilities } from "./capabilities"
import { CodeLogin } from "./code-login"
import { CredentialsForm } from "./credentials-form"
import { DeleteCredentials } from "./delete-credentials"
import { IpPanel } from "./ip-panel"
import { StateBadge } from "./state-badge"
import { UseSandbox } from "./use-sandbox"

/** One broker: keys, session and what it can do. */
export function BrokerCard({ row }: { row: BrokerRow }) {
  const [isEditing, setEditing] = useState(false)
  const now = useNow(row.session.connected ? 1_000 : 30_000)
  const state = connectionState(row, now)
  return (
    <div id={row.name}>
      <Section
        title={row.title}
        action={
          <Group gap={6}>
            {row.credentials.is_set && <EnvironmentChip environment={row.environment} />}
            <StateBadge state={state} />
          </Group>
        }
      >
        <Stack gap="sm">
          <SessionWords row={row} state={state} now={now} />
          {isEditing ? (
            <CredentialsForm row={row} onDone={() => setEditing(false)} />
          ) : (
            <Actions row={row} state={state} onEdit={() => setEditing(true)} />
          )}
          {row.credentials.is_set && !isEditing && <IpPanel row={row} />}
          <Details row={row} />
        </Stack>
      </Section>
    </div>
  )
}

function SessionWords({ row, state, now }: { row: BrokerRow; state: ConnectionState; now: Date }) {
  const { session, credentials } = row
  const left = remainingMs(row, now)
  if (state === "not_configured")
    return <Text size="sm">Enter the keys of your app at {row.title} to connect your account.</Text>
  if (state === "connected" || state === "ending")
    return (
      <Text size="sm">
        Account {session.user_id}, connected {age(session.login_time, now)}. The session ends{" "}
        {instant(session.expires_at)}
        {left !== null && `, in ${countdown(left)}`}. {row.title} requires a new login every day.
      </Text>
    )
  if (state === "expired" || state === "error")
    return (
      <Text size="sm" className="tt-warn">
        {session.reason || `The session ended ${instant(session.expires_at)}.`} Log in again to continue.
      </Text>
    )
  return (
    <Text size="sm">
      App {credentials.api_key} is set up.{" "}
      {credentials.has_secret
        ? `Its secret (${credentials.secret_hint ?? "hidden"}) is saved on this server.`
        : "Its secret stays in your browser."}
    </Text>
  )
}

interface ActionsProps {
  row: BrokerRow
  state: ConnectionState
  onEdit: () => void
}

function Actions({ row, state, onEdit }: ActionsProps) {
  const connecting = useConnect()
  const isConnected = state === "connected" || state === "ending"
  if (state === "not_configured")
    return (
      <Group gap={8}>
        <Button onClick={onEdit}>Set up {row.title}</Button>
        <UseSandbox row={row} />
      </Group>
    )
  return (
    <Stack gap="sm">
      {!row.login.has_page && !isConnected && <CodeLogin row={row} />}
      <Group gap={8}>
        {row.login.has_page && (
          <Button
            variant={isConnected ? "default" : "filled"}
            loading={connecting.isPending}
            onClick={() => connecting.mutate(row)}
          >
            {isConnected ? "Log in again" : state === "expired" ? `Log in to ${row.title}` : "Connect"}
          </Button>
        )}
        {isConnected && <SignOut row={row} />}
        <Button variant="default" onClick={onEdit}>
          Change keys
        </Button>
        <DeleteCredentials row={row} />
      </Group>
    </Stack>
  )
}

function SignOut({ row }: { row: BrokerRow }) {
  const client = useQueryClient()
  const ending = useMutation({
    mutationFn: () => brokerCalls.signOut(row.name),
    onSuccess: () => {
      notifyDone(`You are signed out of ${row.title}`)
      return client.invalidateQueries({ queryKey: brokersQuery.queryKey })
    },
    onError: (error) => notifyFailure(`You are still signed in to ${row.title}`, error),
  })
  return (
    <Button variant="default" loading={ending.isPending} onClick={() => ending.mutate()}>
      Sign out of {row.title}
    </Button>
  )
}

function Details({ row }: { row: BrokerRow }) {
  return (
    <Accordion variant="default" chevronPosition="left" multiple>
      <Accordion.Item value="capabilities">
        <Accordion.Control>What {row.title} can do</Accordion.Control>
        <Accordion.Panel>
          <Capabilities can={row.capabilities} title={row.title} />
        </Accordion.Panel>
      </Accordion.Item>
      <Accordion.Item value="addresses">
        <Accordion.Control>Addresses for {row.title}</Accordion.Control>
        <Accordion.Panel>
          <Addresses row={row} />
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}
