import { Compass } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { EmptyState } from "@/components/states/empty-state"

export function NotFound() {
  return (
    <EmptyState
      icon={<Compass size={32} />}
      title="There is no page at this address"
      action={<LinkButton to="/">Go to Home</LinkButton>}
    >
      The link may be outdated or mistyped. You can reach everything from Home.
    </EmptyState>
  )
}
