import { Card, Stack, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useRouter, useRouterState } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { useConnect } from "@/components/brokers/use-connect"
import { arrivalOf, queryOf } from "@/lib/brokers/arrival"
import { attemptOf, forgetAttempt } from "@/lib/brokers/attempt"
import { neededFor, proofOf } from "@/lib/brokers/login"
import { keepSecret, keptSecret } from "@/lib/brokers/secrets"
import { notifyDone } from "@/lib/notify"
import type { Me } from "@/lib/queries/auth"
import { type BrokerRow, brokerCalls, brokersQuery } from "@/lib/queries/brokers"
import { arrivalProblem, refusalOf } from "./callback-words"
import { SecretForm } from "./secret-form"
import { Stopped } from "./stopped"
import { Waiting } from "./waiting"

/** States that were sent: each is good for one request, however often the page is drawn. */
const sent = new Set<string>()

/** Completes a login with the code that the broker's page returned. */
export function Completing({ row, me }: { row: BrokerRow; me: Me }) {
  const { path, query } = useRouterState({
    select: ({ location }) => ({ path: location.pathname, query: location.searchStr }),
    structuralSharing: true,
  })
  const [arrival] = useState(() => arrivalOf(queryOf(path, query), row.login.callback_parameter))
  const [attempt] = useState(() => (arrival.kind === "incomplete" ? undefined : attemptOf(arrival.state)))
  const [isFirst] = useState(() => arrival.kind !== "granted" || !sent.has(arrival.state))
  const completing = useCompletion(row, attempt?.back)
  const problem = arrivalProblem(arrival, attempt, me.id, row)
  const kept = keptSecret(me.id, row.name, row.credentials.api_key)?.secret
  const canBegin = problem === null && neededFor(row, kept !== undefined) === null
  const { mutate } = completing
  useEffect(() => {
    if (!canBegin || arrival.kind !== "granted" || sent.has(arrival.state)) return
    sent.add(arrival.state)
    mutate({ ...arrival, secret: kept })
  }, [canBegin, arrival, kept, mutate])

  if (problem) return <Stopped problem={problem} row={row} />
  if (arrival.kind !== "granted") return null
  if (completing.error) return <Refused error={completing.error} row={row} me={me} />
  if (!isFirst) return <Stopped problem={OPENED_AGAIN} row={row} />
  if (canBegin || completing.isPending || completing.isSuccess)
    return <Waiting text={`Completing your login at ${row.title}…`} />
  return (
    <Card maw={720}>
      <Stack gap="sm">
        <Text size="sm">
          You are logged in at {row.title}. This browser does not have the API secret of your app{" "}
          {row.credentials.api_key}, which completes the login: enter it once, within ten minutes.
        </Text>
        <SecretForm
          title={row.title}
          verb="Complete the login"
          isBusy={false}
          onGiven={(secret, untilSignOut) => {
            keep(me, row, secret, untilSignOut)
            sent.add(arrival.state)
            mutate({ ...arrival, secret })
          }}
        />
      </Stack>
    </Card>
  )
}

const OPENED_AGAIN = {
  title: "This login was completed already",
  text: "The page was opened twice. Each login at the broker counts once.",
}

/** A login that the server or the broker did not take; with a wrong secret, a field for the right one. */
function Refused({ error, row, me }: { error: Error; row: BrokerRow; me: Me }) {
  const connecting = useConnect(BROKERS)
  const refusal = refusalOf(error, row.title)
  return (
    <Stopped problem={refusal} row={row}>
      {refusal.asksSecret && (
        <SecretForm
          title={row.title}
          verb="Save and log in again"
          isBusy={connecting.isPending}
          onGiven={(secret, untilSignOut) => {
            keep(me, row, secret, untilSignOut)
            connecting.mutate(row)
          }}
        />
      )}
    </Stopped>
  )
}

function keep(me: Me, row: BrokerRow, secret: string, untilSignOut: boolean) {
  const apiKey = row.credentials.api_key
  if (apiKey) keepSecret(me.id, row.name, { apiKey, secret, untilSignOut })
}

const BROKERS = "/settings?tab=brokers"

function useCompletion(row: BrokerRow, back: string | undefined) {
  const router = useRouter()
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (given: { state: string; code: string; secret: string | undefined }) =>
      brokerCalls.openSession(row.name, await proofOf(row, given, new Date())),
    onSuccess: async () => {
      forgetAttempt()
      notifyDone(`${row.title} is connected`)
      await client.invalidateQueries({ queryKey: brokersQuery.queryKey })
      client.removeQueries({ queryKey: ["portfolio"] })
      router.history.replace(back ?? BROKERS)
    },
  })
}
