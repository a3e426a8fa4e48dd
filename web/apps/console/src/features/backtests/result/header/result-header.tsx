import { ActionIcon, Badge, Button, Menu } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate } from "@tanstack/react-router"
import type { Run } from "@tradertape/api/backtest.ts"
import { ApiError } from "@tradertape/api/client.ts"
import { date, instant, words } from "@tradertape/ui/format.ts"
import { Ellipsis, FileText, GitCompareArrows, GitFork, RotateCcw, Sheet, Tag, Trash2 } from "lucide-react"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { PaperTrade } from "@/components/models/paper-trade"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { strategyQuery } from "@/lib/queries/strategies"
import { useFork } from "@/lib/queries/use-fork"
import { fillWords } from "../../shared/fill-models"
import { paperSettings } from "../../shared/paper-settings"
import { useRemoveRuns } from "../../use-remove-runs"
import { LabelsDialog } from "./labels-dialog"

/** Title, settings and actions of the run. */
export function ResultHeader({ run }: { run: Run }) {
  const { config, strategy } = run
  const name = run.name || strategy.name
  const version = strategy.version === null ? "" : ` v${strategy.version}`
  return (
    <PageHeader
      title={name}
      crumbs={[{ label: "Backtests", to: "/backtests" }]}
      chips={
        run.tags.length > 0 &&
        run.tags.map((tag) => (
          <Badge key={tag} color="gray">
            {tag}
          </Badge>
        ))
      }
      note={
        <>
          {strategy.id === null ? (
            strategy.name
          ) : (
            <Link
              to="/strategies/$id"
              params={{ id: String(strategy.id) }}
              style={{ color: "var(--tt-accent)" }}
            >
              {strategy.name}
              {version}
            </Link>
          )}{" "}
          on {words(config.universe).toUpperCase()}, {date(config.start_date)} to {date(config.end_date)},{" "}
          {fillWords(config.fill_model)}. Run {instant(run.created_at)}
          {run.simulated ? "" : `, data ${run.data_set}`}.
        </>
      }
      action={
        <>
          <LinkButton
            to="/backtests/new"
            search={{ like: run.run_id }}
            variant="default"
            leftSection={<RotateCcw size={14} />}
          >
            Run again
          </LinkButton>
          <PaperTradeRun run={run} />
          <ForkStrategy id={strategy.id} />
          <LinkButton
            to="/backtests"
            search={{ chosen: run.run_id }}
            variant="default"
            leftSection={<GitCompareArrows size={14} />}
          >
            Compare
          </LinkButton>
          <More run={run} />
        </>
      }
    />
  )
}

/** Deploy the strategy of the run, with the settings of the run. */
function PaperTradeRun({ run }: { run: Run }) {
  const { id, name, version } = run.strategy
  const stored = useQuery({ ...strategyQuery(id ?? 0), enabled: id !== null, retry: false })
  const { data } = stored
  const isGone = stored.error instanceof ApiError && stored.error.status === 404
  if (id !== null && !data && !isGone) return null
  const isNewer = data && version !== null && data.version !== version
  return (
    <PaperTrade
      strategy={data ? { id, name } : { id: null, name, document: run.strategy_snapshot }}
      settings={paperSettings(run.config)}
      note={
        !data
          ? "The strategy of this result is saved among yours first."
          : isNewer
            ? `It trades version ${data.version} of the strategy; this result is of version ${version}.`
            : undefined
      }
      variant="filled"
      label="Paper-trade this strategy"
    />
  )
}

/** Fork the strategy of the run, where it belongs to somebody else or is a template. */
function ForkStrategy({ id }: { id: number | null }) {
  const strategy = useQuery({ ...strategyQuery(id ?? 0), enabled: id !== null, retry: false })
  const fork = useFork()
  if (!strategy.data || strategy.data.is_mine) return null
  return (
    <Button
      variant="default"
      leftSection={<GitFork size={14} />}
      loading={fork.isPending}
      onClick={() => fork.mutate(strategy.data.id)}
    >
      Fork
    </Button>
  )
}

function More({ run }: { run: Run }) {
  const [isAsking, setAsking] = useState(false)
  const [isLabelling, setLabelling] = useState(false)
  const navigate = useNavigate()
  const removing = useRemoveRuns()
  const files = `/api/backtest/runs/${run.run_id}`
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label="More actions">
            <Ellipsis size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href={`${files}/tear-sheet.html`} leftSection={<FileText size={14} />}>
            Tear sheet (HTML)
          </Menu.Item>
          <Menu.Item component="a" href={`${files}/trades.csv`} leftSection={<Sheet size={14} />}>
            Trades (CSV)
          </Menu.Item>
          <Menu.Item component="a" href={`${files}/equity.csv`} leftSection={<Sheet size={14} />}>
            Equity (CSV)
          </Menu.Item>
          <Menu.Item leftSection={<Tag size={14} />} onClick={() => setLabelling(true)}>
            Name and tags
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => setAsking(true)}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <LabelsDialog run={run} opened={isLabelling} onClose={() => setLabelling(false)} />
      <Confirm
        opened={isAsking}
        onClose={() => setAsking(false)}
        title="Delete this run?"
        verb="Delete"
        isBusy={removing.isPending}
        onConfirm={() =>
          removing.mutate([run.run_id], { onSuccess: () => void navigate({ to: "/backtests" }) })
        }
      >
        Its trades and curves will be deleted; the strategy is kept.
      </Confirm>
    </>
  )
}
