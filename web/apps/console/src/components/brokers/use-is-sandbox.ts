import { useQuery } from "@tanstack/react-query"
import { isSandboxScope } from "@/lib/brokers/state"
import { brokersQuery } from "@/lib/queries/brokers"

/** Whether an account scope is an account of the sandbox. */
export function useIsSandbox(scope: string): boolean {
  const { data } = useQuery(brokersQuery)
  return isSandboxScope(data ?? [], scope)
}
