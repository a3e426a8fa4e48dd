import { Link } from "@tanstack/react-router"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { SearchX } from "lucide-react"

export function NotFound() {
  return (
    <EmptyState
      icon={<SearchX size={30} />}
      title="There is no such section"
      action={<Link to="/">Dashboard</Link>}
    >
      The address is mistyped, or of another version of the agent.
    </EmptyState>
  )
}
