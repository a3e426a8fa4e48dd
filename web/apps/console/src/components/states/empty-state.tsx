import { EmptyState as Shared } from "@tradertape/ui/components/empty-state.tsx"

/** What will appear here and the next step, as the agent's pages have it too. */
export const EmptyState = Shared
