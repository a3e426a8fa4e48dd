import { Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { TrySandbox } from "@/components/brokers/try-sandbox"
import { ErrorState } from "@/components/states/error-state"
import { brokersQuery } from "@/lib/queries/brokers"
import { BrokerCard } from "./broker-card"
import { MailSwitches } from "./mail-switches"
import { NextSteps } from "./next-steps"
import { PreferredAccounts } from "./preferred-accounts"

/** The person's accounts at brokers: keys, sessions and what each broker can do. */
export function BrokersTab() {
  const { data, error, isPending, refetch } = useQuery(brokersQuery)
  if (isPending)
    return ["kite", "upstox", "groww"].map((name) => (
      <Skeleton key={name} height={170} aria-label="Loading" />
    ))
  if (error && !data) return <ErrorState error={error} what="Your brokers" retry={refetch} />
  const connected = data.filter(({ session }) => session.connected)
  return (
    <>
      {connected.length > 0 ? <NextSteps connected={connected} /> : <TrySandbox back="/wealth" />}
      <Text size="sm" c="dimmed">
        TraderTape trades through your own account and your own app at the broker. You log in on the broker's
        page: passwords and PINs are never entered here.
      </Text>
      <OtherAddress redirectUri={data[0]?.login.redirect_uri} />
      {data.map((row) => (
        <BrokerCard key={row.name} row={row} />
      ))}
      <PreferredAccounts />
      <MailSwitches />
    </>
  )
}

/** Brokers lead back to the server's public address, where a page of another address has no session and no secret. */
function OtherAddress({ redirectUri }: { redirectUri: string | undefined }) {
  const origin = redirectUri && new URL(redirectUri).origin
  if (!origin || origin === window.location.origin) return null
  return (
    <Text size="sm" className="tt-warn">
      You have opened TraderTape at {window.location.origin}, and brokers lead back to {origin}. Open it there
      to connect a broker, or set TRADERTAPE_PUBLIC_URL.
    </Text>
  )
}
