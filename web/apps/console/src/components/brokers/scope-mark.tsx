import { useQuery } from "@tanstack/react-query"
import { isSandboxScope } from "@/lib/brokers/state"
import { brokersQuery } from "@/lib/queries/brokers"
import { EnvironmentChip } from "./environment-chip"

/** Beside a live run: that its account is one of the sandbox, where it is. */
export function ScopeMark({ scope }: { scope: string }) {
  const { data } = useQuery(brokersQuery)
  return isSandboxScope(data ?? [], scope) ? <EnvironmentChip environment="sandbox" /> : null
}
