import { Anchor, Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { age } from "@tradertape/ui/format.ts"
import { Waypoints } from "lucide-react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { strategiesQuery } from "@/lib/queries/strategies"
import { useNow } from "@/lib/use-now"
import classes from "./home.module.css"

/** The most recently changed strategies. */
export function RecentStrategies() {
  const { data, error, isPending, refetch } = useQuery(strategiesQuery("mine"))
  const now = useNow()
  if (isPending) return <Skeleton height={200} />
  if (error) return <ErrorState error={error} what="Your strategies" retry={refetch} />
  return (
    <Section
      title="Your strategies"
      flush
      action={
        <Anchor component={Link} to="/strategies" size="sm">
          All strategies
        </Anchor>
      }
    >
      {data.items.slice(0, 5).map((strategy) => (
        <Link
          key={strategy.id}
          to="/strategies/$id"
          params={{ id: String(strategy.id) }}
          className={classes.row}
        >
          <span className={classes.name}>{strategy.name}</span>
          <span className={classes.under}>
            v{strategy.version}, {age(strategy.updated_at, now)}
          </span>
        </Link>
      ))}
      {data.items.length === 0 && (
        <EmptyState icon={<Waypoints size={28} />} title="None yet">
          Fork a template and it appears here.
        </EmptyState>
      )}
    </Section>
  )
}
