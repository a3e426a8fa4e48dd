import { Button, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { Check } from "lucide-react"
import type { ReactNode } from "react"
import { Section } from "@/components/page/section"
import { Failure } from "@/components/states/failure"
import { prepareSandbox, sandboxBroker } from "@/lib/brokers/login"
import { meQuery } from "@/lib/queries/auth"
import { brokersQuery, sandboxQuery } from "@/lib/queries/brokers"
import classes from "./brokers.module.css"
import { useConnect } from "./use-connect"

/** Two clicks from nothing to a connected account: start the sandbox, connect to it. */
export function TrySandbox({ back }: { back: string }) {
  const { data: me } = useQuery(meQuery)
  const { data: rows } = useQuery(brokersQuery)
  const { data: sandbox } = useQuery(sandboxQuery)
  const client = useQueryClient()
  const connecting = useConnect(back)
  const row = sandboxBroker(rows ?? [])
  const isStarted = row?.credentials.is_set && row.environments.includes("sandbox")
  const ready = isStarted ? row : undefined
  const starting = useMutation({
    mutationFn: async () => {
      if (me && row) await prepareSandbox(row.name, me.id)
    },
    onSuccess: () => client.invalidateQueries({ queryKey: brokersQuery.queryKey }),
  })
  if (!row || !sandbox) return null
  return (
    <Section
      title="Try it with the sandbox"
      note="A simulated broker on this server, with shares and money that are not real. No account is needed."
      action={<EnvironmentChip environment="sandbox" />}
    >
      <ol className={classes.steps}>
        <Step
          number={1}
          isDone={ready !== undefined}
          title="Start the sandbox"
          button={
            <Button
              loading={starting.isPending}
              disabled={!sandbox.available}
              onClick={() => starting.mutate()}
            >
              Start the sandbox
            </Button>
          }
        >
          It answers as Kite, Upstox and Groww do, with a portfolio, an order book and live prices of its own.
        </Step>
        <Step
          number={2}
          isDone={false}
          title="Connect to it"
          button={
            <Button
              variant={ready ? "filled" : "default"}
              disabled={!ready}
              loading={connecting.isPending}
              onClick={() => ready && connecting.mutate(ready)}
            >
              Connect
            </Button>
          }
        >
          As you would connect your real account: over the broker's login page, and back to your holdings.
        </Step>
      </ol>
      {sandbox.reason && (
        <Text size="sm" className="tt-warn" mt="sm">
          {sandbox.reason}
        </Text>
      )}
      <Failure error={starting.error} title="The sandbox was not started" />
    </Section>
  )
}

interface StepProps {
  number: number
  isDone: boolean
  title: string
  children: string
  button: ReactNode
}

function Step({ number, isDone, title, children, button }: StepProps) {
  return (
    <li className={classes.step} data-done={isDone || undefined}>
      <span className={classes.mark} aria-hidden>
        {isDone ? <Check size={13} strokeWidth={3} /> : number}
      </span>
      <div>
        <Text size="sm" fw={550}>
          {title}
          {isDone && <span className="tt-hidden">: done</span>}
        </Text>
        <Text size="sm" c="dimmed">
          {children}
        </Text>
      </div>
      {!isDone && button}
    </li>
  )
}
