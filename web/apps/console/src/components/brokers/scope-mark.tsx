import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { useIsSandbox } from "./use-is-sandbox"

/** Beside a live run: that its account is one of the sandbox, where it is. */
export function ScopeMark({ scope }: { scope: string }) {
  return useIsSandbox(scope) ? <EnvironmentChip environment="sandbox" /> : null
}
