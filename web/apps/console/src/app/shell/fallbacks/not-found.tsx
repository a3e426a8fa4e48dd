import { Compass } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { EmptyState } from "@/components/states/empty-state"

/** An address without a page, inside the navigation. */
export function NotFound() {
  return (
    <>
      <PageHeader title="Page not found" crumbs={[{ label: "Home", to: "/" }]} />
      <EmptyState
        icon={<Compass size={32} />}
        title="There is no page at this address"
        action={<LinkButton to="/">Go to Home</LinkButton>}
      >
        The link may be outdated or mistyped. You can reach everything from Home.
      </EmptyState>
    </>
  )
}
