import { Compass } from "lucide-react"
import { EmptyState } from "@/components/empty-state"
import { LinkButton } from "@/components/link-button"

export function NotFound() {
  return (
    <EmptyState
      icon={<Compass size={32} />}
      title="There is no page at this address"
      action={<LinkButton to="/">Go to Home</LinkButton>}
    >
      The link may be old, or mistyped. Everything you own is reachable from Home.
    </EmptyState>
  )
}
