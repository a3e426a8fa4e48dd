import { Button, Group, Skeleton, Switch, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { age } from "@tradertape/ui/format.ts"
import { Plus } from "lucide-react"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { notifyFailure } from "@/lib/notify"
import { portfoliosQuery } from "@/lib/queries/models"
import { type Hook, hooksQuery, notificationCalls } from "@/lib/queries/notifications"
import { useNow } from "@/lib/use-now"
import classes from "../notifications/notifications.module.css"
import { CallLog } from "./call-log"
import { HookDialog } from "./hook-dialog"
import { SOURCES } from "./source-words"

/** Addresses for alerts of TradingView, Chartink and programs. */
export function WebhooksTab() {
  const { data, error, isPending, refetch } = useQuery(hooksQuery)
  const [isAdding, setAdding] = useState(false)
  if (isPending) return <Skeleton height={200} aria-label="Loading" />
  if (error && !data) return <ErrorState error={error} what="Your incoming webhooks" retry={refetch} />
  return (
    <Section
      title="Incoming webhooks"
      note="An alert becomes a signal that awaits your approval, or a notification. It never places an order by itself."
      flush
      action={
        <Button variant="default" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
          New webhook
        </Button>
      }
    >
      {data.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          None yet. TradingView and Chartink must reach this server: it needs a public address for that.
        </Text>
      ) : (
        data.map((hook) => <HookRow key={hook.id} hook={hook} />)
      )}
      <HookDialog opened={isAdding} onClose={() => setAdding(false)} />
    </Section>
  )
}

function HookRow({ hook }: { hook: Hook }) {
  const client = useQueryClient()
  const now = useNow()
  const [isDeleting, setDeleting] = useState(false)
  const [showsLog, setShowsLog] = useState(false)
  const { data: portfolios } = useQuery(portfoliosQuery(false))
  const portfolio = portfolios?.find(({ id }) => id === hook.portfolio_id)
  const refresh = () => client.invalidateQueries({ queryKey: hooksQuery.queryKey })
  const switching = useMutation({
    mutationFn: (is_enabled: boolean) => notificationCalls.changeHook(hook.id, { is_enabled }),
    onSettled: refresh,
    onError: (error) => notifyFailure("The webhook was not changed", error),
  })
  const deleting = useMutation({
    mutationFn: () => notificationCalls.deleteHook(hook.id),
    onSuccess: refresh,
    onError: (error) => notifyFailure("The webhook was not deleted", error),
    onSettled: () => setDeleting(false),
  })
  const becomes =
    hook.portfolio_id === null
      ? "alerts become notifications"
      : `alerts become signals of ${portfolio?.name ?? `portfolio ${hook.portfolio_id}`}`
  return (
    <>
      <div className={classes.row}>
        <div className={classes.who}>
          <Text size="sm" fw={600}>
            {hook.name}
          </Text>
          <Text size="xs" c="dimmed">
            {SOURCES[hook.source].title} · {becomes}
          </Text>
          <Text size="xs" c="dimmed">
            {hook.last_at ? `Last alert ${age(hook.last_at, now)}.` : "No alert yet."}
          </Text>
        </div>
        <Group gap={8}>
          <Switch
            checked={hook.is_enabled}
            disabled={switching.isPending}
            aria-label={`${hook.name} on`}
            onChange={(event) => switching.mutate(event.currentTarget.checked)}
          />
          <Button variant="default" size="compact-sm" onClick={() => setShowsLog((shown) => !shown)}>
            {showsLog ? "Hide alerts" : "Alerts"}
          </Button>
          <Button variant="subtle" color="red" size="compact-sm" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        </Group>
      </div>
      {showsLog && <CallLog hook={hook} />}
      <Confirm
        opened={isDeleting}
        onClose={() => setDeleting(false)}
        title={`Delete “${hook.name}”?`}
        verb="Delete"
        isBusy={deleting.isPending}
        onConfirm={() => deleting.mutate()}
      >
        Alerts that are sent to its address are refused from then on.
      </Confirm>
    </>
  )
}
