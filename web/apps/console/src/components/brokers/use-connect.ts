import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate, useRouterState } from "@tanstack/react-router"
import { fetchSandboxSecret, goToBroker, neededFor, prepareSandbox, proofOf } from "@/lib/brokers/login"
import { keptSecret } from "@/lib/brokers/secrets"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { meQuery } from "@/lib/queries/auth"
import { type BrokerRow, brokerCalls, brokersQuery } from "@/lib/queries/brokers"

/**
 * Sign in at a broker: on its page where it has one, else with the secret that this browser or the server keeps.
 * Where a code or secret must be typed, Settings → Brokers asks for it.
 */
export function useConnect(back?: string) {
  const { data: me } = useQuery(meQuery)
  const here = useRouterState({ select: ({ location }) => location.href })
  const navigate = useNavigate()
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (row: BrokerRow) => {
      if (!me) throw new Error("Sign in to TraderTape again.")
      // The built-in sandbox ends with the server.
      if (row.environment === "sandbox" && !row.environments.includes("sandbox"))
        await prepareSandbox(row.name, me.id)
      const known = () => keptSecret(me.id, row.name, row.credentials.api_key)
      if (row.environment === "sandbox" && neededFor(row, known() !== undefined) !== null)
        await fetchSandboxSecret(row, me.id)
      const kept = known()
      if (row.login.has_page) return goToBroker(row, me.id, back ?? here)
      if (neededFor(row, kept !== undefined) !== null)
        return navigate({ to: "/settings", search: { tab: "brokers" }, hash: row.name })
      const { state } = await brokerCalls.beginLogin(row.name)
      await brokerCalls.openSession(row.name, await proofOf(row, { state, secret: kept?.secret }, new Date()))
      await client.invalidateQueries({ queryKey: brokersQuery.queryKey })
      notifyDone(`${row.title} is connected`)
    },
    onError: (error, row) => notifyFailure(`${row.title} was not connected`, error),
  })
}
