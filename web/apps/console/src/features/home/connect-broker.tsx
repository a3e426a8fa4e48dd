import { useQuery } from "@tanstack/react-query"
import { TrySandbox } from "@/components/brokers/try-sandbox"
import { brokersQuery } from "@/lib/queries/brokers"

/** For those who never connected a broker: the sandbox, in two clicks. */
export function ConnectBroker() {
  const { data } = useQuery(brokersQuery)
  const isUnused = data?.every(({ session, credentials, environment }) =>
    credentials.is_set ? environment === "sandbox" && !session.connected : true,
  )
  return isUnused ? <TrySandbox back="/wealth" /> : null
}
