import { useQuery } from "@tanstack/react-query"
import { useParams, useRouterState } from "@tanstack/react-router"
import { useState } from "react"
import { PageHeader } from "@/components/page/page-header"
import { ErrorState } from "@/components/states/error-state"
import { codeForAgent, queryOf } from "@/lib/brokers/arrival"
import { type Me, meQuery } from "@/lib/queries/auth"
import { type BrokerRow, brokersQuery } from "@/lib/queries/brokers"
import { Completing } from "./completing"
import { HandingOver } from "./handing-over"
import { Stopped } from "./stopped"
import { Waiting } from "./waiting"

/** Where a broker's login page sends the browser back to. */
export function CallbackPage() {
  const { broker } = useParams({ from: "/frame/brokers/$broker/callback" })
  const { data: me } = useQuery(meQuery)
  const { data, error, refetch } = useQuery(brokersQuery)
  const row = data?.find(({ name }) => name === broker)
  return (
    <>
      <PageHeader title={row ? `Connecting ${row.title}` : "Connecting your broker"} />
      {error && !data ? (
        <ErrorState error={error} what="Your brokers" retry={() => void refetch()} />
      ) : !data || !me ? (
        <Waiting text="Reading your brokers…" />
      ) : row ? (
        <Arrived row={row} me={me} />
      ) : (
        <Stopped
          problem={{
            title: "There is no such broker",
            text: `TraderTape has no broker called “${broker}”. Check the redirect URL that is registered in your app.`,
          }}
        />
      )}
    </>
  )
}

function Arrived({ row, me }: { row: BrokerRow; me: Me }) {
  const { path, query } = useRouterState({
    select: ({ location }) => ({ path: location.pathname, query: location.searchStr }),
    structuralSharing: true,
  })
  const [code] = useState(() => codeForAgent(queryOf(path, query), row.login.callback_parameter, me))
  return code === null ? <Completing row={row} me={me} /> : <HandingOver row={row} code={code} />
}
