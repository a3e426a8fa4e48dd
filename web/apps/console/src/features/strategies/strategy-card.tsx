import { Badge, Button, Card, Group, Text } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import type { RunSummary } from "@tradertape/api/backtest.ts"
import { Sparkline } from "@tradertape/ui/charts/sparkline.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { age, marketText, number } from "@tradertape/ui/format.ts"
import { GitFork, Play } from "lucide-react"
import { PaperTrade } from "@/components/models/paper-trade"
import { LinkButton } from "@/components/page/link-button"
import { SimulatedBadge } from "@/components/states/simulated-badge"
import type { Strategy } from "@/lib/queries/strategies"
import { useFork } from "@/lib/queries/use-fork"
import { useNow } from "@/lib/use-now"
import classes from "./strategies.module.css"

interface Props {
  strategy: Strategy
  lastRun: RunSummary | undefined
}

/** A strategy in brief: description, last result and actions. */
export function StrategyCard({ strategy, lastRun }: Props) {
  const fork = useFork()
  const isMine = strategy.is_mine
  return (
    <Card component="article" className={classes.card} aria-label={strategy.name}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Link to="/strategies/$id" params={{ id: String(strategy.id) }} className={classes.name}>
          {strategy.name}
        </Link>
        <Group gap={4} wrap="nowrap">
          {strategy.is_public && !strategy.is_template && <Badge color="gray">Public</Badge>}
          {strategy.is_template ? <Badge>Template</Badge> : <Badge color="gray">v{strategy.version}</Badge>}
        </Group>
      </Group>
      <Text size="sm" c="dimmed" lineClamp={3}>
        {marketText(strategy.english.summary || strategy.description || "")}
      </Text>
      {lastRun && <LastResult run={lastRun} />}
      <div className={classes.foot}>
        <Text size="xs" c="dimmed">
          {strategy.is_mine
            ? (strategy.tags ?? []).map((tag) => `#${tag}`).join(" ")
            : `by ${strategy.owner.display_name}`}
        </Text>
        <Group gap={6}>
          <Button
            variant={isMine ? "subtle" : "default"}
            leftSection={<GitFork size={14} />}
            loading={fork.isPending}
            onClick={() => fork.mutate(strategy.id)}
          >
            Fork
          </Button>
          <PaperTrade strategy={strategy} variant="subtle" />
          <LinkButton
            to="/backtests/new"
            search={{ strategy: strategy.id }}
            variant={isMine ? "default" : "subtle"}
            leftSection={<Play size={14} />}
          >
            Backtest
          </LinkButton>
        </Group>
      </div>
    </Card>
  )
}

function LastResult({ run }: { run: RunSummary }) {
  const now = useNow()
  return (
    <div>
      <div className={classes.result}>
        <dl className={classes.figures}>
          <Stat
            label="CAGR"
            value={<Delta value={run.headline?.cagr} against={run.headline?.benchmark_cagr} />}
          />
          <Stat label="Max drawdown" value={<Delta value={run.headline?.max_drawdown} />} />
          <Stat label="Sharpe" value={number(run.headline?.sharpe, 2)} />
        </dl>
        {run.headline?.spark && run.headline?.spark.length > 1 && (
          <Sparkline values={run.headline?.spark} label="Equity of the last backtest" />
        )}
      </div>
      <Group gap={6} mt={6}>
        <Text size="xs" c="dimmed">
          Backtest {age(run.created_at, now)}
        </Text>
        <SimulatedBadge shown={run.simulated} />
      </Group>
    </div>
  )
}
